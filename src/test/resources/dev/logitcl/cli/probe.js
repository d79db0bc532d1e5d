// Stands first in the page under test: notes what goes wrong, and in the end tells the page around it what there is to see.
"use strict";
const problems = [];
addEventListener("error", e => problems.push("error: " + e.message));
addEventListener("unhandledrejection", e => problems.push("rejected: " + e.reason));
addEventListener("securitypolicyviolation", e => problems.push("not allowed: " + e.blockedURI));
for (const level of ["error", "warn"]) {
  console[level] = (...words) => problems.push(level + ": " + words.join(" "));
}

// What a canvas shows: pixels that are not transparent, and the colours among them.
function seen(canvas) {
  const data = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  const colours = new Map();
  let pixels = 0;
  for (const value of data) {
    if (value >>> 24 === 255) colours.set(value, (colours.get(value) || 0) + 1);
    if (value >>> 24 !== 0) pixels++;
  }
  const hex = v => "#" + [v & 255, (v >> 8) & 255, (v >> 16) & 255].map(b => b.toString(16).padStart(2, "0")).join("");
  return { drawn: canvas.dataset.drawn === "true", pixels, width: canvas.clientWidth,
    colours: [...colours].filter(([, n]) => n > 20).map(([v]) => hex(v)) };
}
const soon = () => new Promise(done => setTimeout(done, 50));

// What the tooltip says where the mouse is over a point of a series.
async function hovered(canvas, series) {
  const chart = Chart.getChart(canvas);
  const index = chart.data.datasets.findIndex(set => set.device === series && !set.borderDash && set.data.length > 0);
  const point = chart.getDatasetMeta(index).data[0].getProps(["x", "y"]);
  const box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new MouseEvent("mousemove", { clientX: box.left + point.x, clientY: box.top + point.y, bubbles: true }));
  await soon();
  return [...chart.tooltip.title, ...chart.tooltip.body.flatMap(body => body.lines)].join("\n");
}

addEventListener("load", async () => {
  const canvases = [...document.querySelectorAll("canvas")];
  const result = {
    width: innerWidth,
    documentWidth: document.documentElement.scrollWidth,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    background: getComputedStyle(document.body).backgroundColor,
    requests: performance.getEntriesByType("resource").map(entry => entry.name),
    captions: [...document.querySelectorAll("figcaption")].map(c => [...c.childNodes].map(n => n.textContent).join(" ")),
    charts: canvases.map(seen),
    devices: [...document.querySelectorAll(".device")].map(card => card.innerText),
    rows: document.querySelectorAll("#results tbody tr").length,
    wrong: [...document.querySelectorAll(".wrong")].map(cell => cell.textContent),
  };
  if (canvases.length > 0) {
    result.hover = await hovered(canvases[0], 1);
    document.querySelector("[data-unit=percentOfRoof]").click();
    document.querySelector(".device input").click();
    const sort = [...document.querySelectorAll("th button")].find(button => button.textContent === "GB/s");
    sort.click();
    sort.click();
    await soon();
    result.after = canvases.map(seen);
    result.captionsAfter = [...document.querySelectorAll("figcaption")].map(c => c.lastChild.textContent);
    result.first = document.querySelector("#results tbody tr").innerText;
  }
  result.problems = problems;
  parent.postMessage(result, "*");
});
