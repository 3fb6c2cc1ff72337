// Draws each figure of the page from the JSON that stands beside it.
for (const place of document.querySelectorAll("[data-figure]")) {
  const { data, layout } = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  place.hidden = false;
  Plotly.newPlot(place, data, layout, JSON.parse(place.dataset.config));
}
