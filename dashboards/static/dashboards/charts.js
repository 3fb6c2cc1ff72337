// Draws each figure of the page from the JSON that stands beside it.
for (const place of document.querySelectorAll("[data-figure]")) {
  const { figure, alternative, config } = place.dataset;
  const { data, layout } = JSON.parse(document.getElementById(figure).textContent);
  place.replaceChildren();
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", alternative);
  Plotly.newPlot(place, data, layout, JSON.parse(config));
}
