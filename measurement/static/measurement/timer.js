// The server keeps the time; this only lets the minutes on the page go on without a reload.
const shown = document.querySelector("[data-running-seconds]");
if (shown) {
  const before = Number(shown.dataset.runningSeconds);
  const words = JSON.parse(shown.dataset.words); // of 0 to 7 minutes
  const opened = performance.now();
  setInterval(() => {
    const minutes = Math.floor((before + (performance.now() - opened) / 1000) / 60);
    shown.textContent = words[minutes] ?? words[7].replace("7", minutes.toLocaleString("en-GB"));
  }, 5000);
}
