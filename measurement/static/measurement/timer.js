// The server keeps the time; this only lets the minutes on the page go on without a reload.
const shown = document.querySelector("[data-running-seconds]");
if (shown) {
  const before = Number(shown.dataset.runningSeconds);
  const opened = performance.now();
  setInterval(() => {
    const minutes = Math.floor((before + (performance.now() - opened) / 1000) / 60);
    shown.textContent = minutes === 1 ? "1 minute" : `${minutes.toLocaleString("en-GB")} minutes`;
  }, 5000);
}
