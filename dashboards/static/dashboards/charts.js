// Draws each figure of the page from the JSON that stands beside it, one after the other, so that
// the first is seen before the last is drawn.
const PAPER_WIDTH = 660; // pixels between the margins of an upright A4 page
const waiting = [...document.querySelectorAll("[data-figure]")];
const drawn = [];

function draw(place) {
  const { figure, alternative, config } = place.dataset;
  const { data, layout } = JSON.parse(document.getElementById(figure).textContent);
  place.replaceChildren();
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", alternative);
  Plotly.newPlot(place, data, layout, JSON.parse(config));
  drawn.push(place);
}

function drawNext() {
  if (waiting.length > 0) {
    draw(waiting.shift());
    setTimeout(drawNext);
  }
}

drawNext();

// A picture as wide as the window would be cut by the edge of the paper.
addEventListener("beforeprint", () => {
  waiting.splice(0).forEach(draw);
  for (const place of drawn) {
    Plotly.relayout(place, { width: PAPER_WIDTH, autosize: false });
  }
});
addEventListener("afterprint", () => {
  for (const place of drawn) {
    Plotly.relayout(place, { width: null, autosize: true });
  }
});
