// Draws a KPI's course in the page's own colours, light and dark.
"use strict";
(function () {
  const holder = document.getElementById("course"), data = document.getElementById("course-data");
  if (!holder || !data || !window.Chart) return;
  const said = JSON.parse(data.textContent);
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let chart = null;
  function draw() {
    if (chart) chart.destroy();
    const accent = token("--accent"), muted = token("--muted"), line = token("--line");
    const sets = [{
      label: said.title, data: said.values, borderColor: accent, backgroundColor: token("--accent-soft"), fill: "origin",
      borderWidth: 2, pointRadius: said.values.filter((value) => value !== null).length > 40 ? 0 : 2.5, pointBackgroundColor: accent, tension: 0.2, spanGaps: true,
    }];
    if (said.target !== null) {
      sets.push({ label: "Target", data: said.labels.map(() => said.target), borderColor: token("--amber"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0, fill: false });
    }
    const known = said.values.filter((value) => value !== null);
    const share = said.unit === "%";
    chart = new window.Chart(holder, {
      type: "line", data: { labels: said.labels, datasets: sets },
      options: {
        responsive: true, maintainAspectRatio: false, animation: false, interaction: { mode: "index", intersect: false },
        plugins: { legend: { display: false }, tooltip: { callbacks: { label: (item) => item.dataset.label + ": " + (item.parsed.y === null ? "–" : item.parsed.y.toLocaleString() + (share ? " %" : "")) } } },
        scales: {
          x: { ticks: { color: muted, maxTicksLimit: 8, maxRotation: 0 }, grid: { display: false }, border: { color: line } },
          y: { beginAtZero: !share || Math.min(...known) < 30, ticks: { color: muted, callback: (value) => value.toLocaleString() + (share ? " %" : "") }, grid: { color: line }, border: { display: false } },
        },
      },
    });
  }
  draw();
  document.addEventListener("theme", draw);
})();
