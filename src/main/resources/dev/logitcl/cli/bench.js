"use strict";
// Draws the report (format: logitcl-bench/1) that the page holds as JSON.
const report = JSON.parse(document.getElementById("report").textContent);
const devices = report.devices;
const SMALL = 1e6; // elements: below, starting and waiting take a visible part of the time
const SHAPES = ["circle", "rectRot", "triangle", "rect", "star", "crossRot"];
const MARKS = ["●", "◆", "▲", "■", "★", "✕"];
const ROOFS = ["read", "copy", "triad"];
const charts = [];
const shown = devices.map(() => true);
let unit = "gbps";

// --- text ---

const digits = v => (v >= 99.95 ? v.toFixed(0) : v >= 9.995 ? v.toFixed(1) : v.toFixed(2));
const percent = v => (v > 0 ? digits(v) : "–");
const error = v => (v === 0 ? "0" : v > 1e300 ? "inf" : v.toExponential(1));
function time(ns) {
  const names = ["ns", "µs", "ms", "s"];
  let k = 0;
  while (ns >= 1000 && k < 3) { ns /= 1000; k++; }
  return digits(ns) + " " + names[k];
}
function count(n) {
  if (n >= 1e6) return +(n / 1e6).toPrecision(3) + "M";
  return n >= 1e4 ? +(n / 1e3).toPrecision(3) + "k" : String(n);
}
function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}
function lines(text, width) { // broken at spaces
  const out = [""];
  for (const word of text.split(" ")) {
    const last = out[out.length - 1];
    if (last && last.length + word.length >= width) out.push(word);
    else out[out.length - 1] = last ? last + " " + word : word;
  }
  return out;
}

// --- colours ---

const style = getComputedStyle(document.documentElement);
const colour = name => style.getPropertyValue("--" + name).trim();
const seriesName = k => "series-" + (k % 6);

// --- header ---

document.getElementById("run").textContent =
  ["version " + report.version, report.started.replace("T", " ").replace("Z", " UTC"), "Java: " + report.java, report.os]
    .join(" · ");

devices.forEach((device, k) => {
  const card = add(document.getElementById("devices"), "label", undefined, "device");
  card.style.setProperty("--colour", `var(--${seriesName(k)})`);
  const box = add(card, "input");
  box.type = "checkbox";
  box.checked = true;
  box.addEventListener("change", () => { shown[k] = box.checked; redraw(); });
  add(card, "b", device.id);
  add(card, "span", MARKS[k % MARKS.length], "mark").setAttribute("aria-hidden", "true");
  add(card, "small", device.name);
  add(card, "small", [device.kind === "java" ? "Java path" : "OpenCL, " + device.kind, device.driver].filter(Boolean).join(" · "));
  const roofs = add(card, "dl", undefined, "roofs");
  for (const roof of ROOFS) {
    const value = device[roof + "GBps"];
    const pair = add(roofs, "div");
    add(pair, "dt", roof);
    const number = add(pair, "dd", value > 0 ? digits(value) : "–");
    add(number, "span", " GB/s");
  }
});

// --- charts ---

const all = devices.flatMap((device, k) => device.results.filter(r => r.samples > 0).map(r => ({ device: k, ...r })));
const cols = all.map(r => r.cols).filter(n => n > 0);
const xRange = [Math.min(...cols) / 1.6, Math.max(...cols) * 1.6];
const roofsOf = device => ROOFS.map(roof => device[roof + "GBps"]).filter(v => v > 0);
const fastest = devices.map(device => Math.max(0, ...roofsOf(device))).filter(v => v > 0);
// A GPU's bandwidth beside a processor's: on a linear scale the processor would lie on the axis.
const logarithmic = fastest.length > 0 && Math.max(...fastest) > 8 * Math.min(...fastest);

function yAxis() {
  const values = all.map(r => r[unit]);
  const roofs = unit === "gbps" ? devices.flatMap(roofsOf) : [100];
  const log = logarithmic && unit === "gbps";
  return {
    type: log ? "logarithmic" : "linear",
    min: log ? undefined : 0,
    // The same for all charts, so that they can be compared; with room for a roof's label.
    max: Math.max(...values, ...roofs) * (log ? 1.8 : 1.12),
    border: { display: false },
    grid: { color: colour("grid") },
    ticks: {
      color: colour("muted"), maxTicksLimit: 7, includeBounds: false,
      callback: v => (unit === "gbps" ? (v >= 10000 ? v / 1000 + "k" : v) : v + " %"),
    },
  };
}
function xAxis() {
  return {
    type: "logarithmic",
    min: xRange[0],
    max: xRange[1],
    title: { display: true, text: "columns", color: colour("muted"), padding: 2 },
    border: { color: colour("line") },
    grid: { color: colour("grid") },
    afterBuildTicks: axis => {
      axis.ticks = [];
      for (let v = 1; v <= xRange[1]; v *= 10) if (v >= xRange[0]) axis.ticks.push({ value: v });
      if (axis.ticks.length < 2) axis.ticks = [...new Set(cols)].sort((a, b) => a - b).map(value => ({ value }));
    },
    ticks: { color: colour("muted"), maxRotation: 0, callback: v => count(v) },
  };
}

function datasets(results, roof) {
  const sets = [];
  devices.forEach((device, k) => {
    if (!shown[k]) return;
    const ink = colour(seriesName(k));
    const points = results
      .filter(r => r.device === k)
      .sort((a, b) => a.cols - b.cols || a.rows - b.rows)
      .map(r => ({ x: r.cols, y: r[unit], r }));
    const common = {
      borderColor: ink, borderWidth: 2, pointBorderColor: ink, pointBorderWidth: 2, pointStyle: SHAPES[k % SHAPES.length],
      pointRadius: 4, pointHoverRadius: 7, pointHitRadius: 12, clip: 8, device: k,
    };
    const small = p => p.r.rows * p.r.cols < SMALL;
    sets.push({ ...common, data: points.filter(p => !small(p)), pointBackgroundColor: ink, showLine: true });
    sets.push({ ...common, data: points.filter(small), pointBackgroundColor: colour("panel"), showLine: false });
    const level = unit === "gbps" ? device[roof + "GBps"] : 100;
    if (level > 0 && points.length > 0) {
      sets.push({
        data: [{ x: xRange[0], y: level }, { x: xRange[1], y: level }],
        roof: unit === "gbps" ? digits(level) : "", device: k,
        borderColor: ink, borderWidth: 1.5, borderDash: [6, 5], pointRadius: 0, pointHitRadius: 0, showLine: true, order: 1,
      });
    }
  });
  return sets;
}

// The roofs' values, each device's at a place of its own, so that close lines keep legible labels.
const roofLabels = {
  id: "roofLabels",
  afterDatasetsDraw(chart) {
    const { ctx, chartArea } = chart;
    const roofs = chart.data.datasets.filter(set => set.roof);
    ctx.save();
    ctx.font = "600 11px system-ui, sans-serif";
    ctx.textAlign = "right";
    roofs.forEach((set, k) => {
      const text = MARKS[set.device % MARKS.length] + " " + set.roof;
      const x = chartArea.right - 4 - (roofs.length - 1 - k) * 52;
      const y = chart.scales.y.getPixelForValue(set.data[0].y) - 6;
      ctx.lineWidth = 3;
      ctx.strokeStyle = colour("panel");
      ctx.strokeText(text, x, y);
      ctx.fillStyle = set.borderColor;
      ctx.fillText(text, x, y);
    });
    ctx.restore();
  },
  afterRender(chart) { chart.canvas.dataset.drawn = "true"; },
};

function tooltip() {
  return {
    displayColors: false, padding: 10, cornerRadius: 8,
    backgroundColor: colour("ink"), titleColor: colour("page"), bodyColor: colour("page"),
    filter: item => item.raw.r !== undefined,
    callbacks: {
      title: items => items.slice(0, 1).map(item => `${item.raw.r.rows} × ${item.raw.r.cols}`),
      label: item => {
        const r = item.raw.r;
        const of = r.percentOfRoof > 0 ? ` · ${digits(r.percentOfRoof)} % of ${r.roof}` : "";
        return [
          MARKS[r.device % MARKS.length] + " " + devices[r.device].id,
          `${digits(r.gbps)} GB/s${of}`,
          `median ${time(r.medianNs)}${r.settled ? "" : ", not settled"}`,
          `min ${time(r.minNs)}, p90 ${time(r.p90Ns)}`,
          ...lines(r.variant, 30),
        ];
      },
    },
  };
}

function options() {
  return {
    animation: false, responsive: true, maintainAspectRatio: false, parsing: false,
    interaction: { mode: "nearest", axis: "xy", intersect: false },
    scales: { x: xAxis(), y: yAxis() },
    plugins: { legend: { display: false }, tooltip: tooltip() },
  };
}

const unitText = roof => (unit === "gbps" ? `GB/s${logarithmic ? " (log)" : ""}, roof: ${roof}` : `% of ${roof}`);
const groups = new Map();
for (const r of all) {
  const name = r.op + "\n" + r.pass;
  groups.set(name, [...(groups.get(name) || []), r]);
}
Chart.defaults.font.family = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
for (const [name, results] of groups) {
  const [op, pass] = name.split("\n");
  // With very short rows a value per row may count for more: the roof is that of most shapes.
  const votes = roof => results.filter(r => r.roof === roof).length;
  const roof = [...ROOFS].sort((a, b) => votes(b) - votes(a))[0];
  const figure = add(document.getElementById("charts"), "figure");
  const caption = add(figure, "figcaption", op);
  add(caption, "span", pass);
  add(caption, "span", unitText(roof));
  const canvas = add(add(figure, "div", undefined, "canvas"), "canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Bandwidth of ${op} ${pass} over the number of columns; the table below has the values`);
  const chart = new Chart(canvas, { type: "scatter", data: { datasets: datasets(results, roof) }, options: options(), plugins: [roofLabels] });
  charts.push({ chart, caption, results, roof });
}
function redraw() {
  for (const { chart, caption, results, roof } of charts) {
    caption.lastChild.textContent = unitText(roof);
    chart.data.datasets = datasets(results, roof);
    chart.options = options();
    chart.update("none");
  }
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
for (const button of document.querySelectorAll("#units button")) {
  button.addEventListener("click", () => {
    unit = button.dataset.unit;
    for (const other of document.querySelectorAll("#units button")) other.setAttribute("aria-pressed", String(other === button));
    redraw();
  });
}

// --- table ---

const COLUMNS = [ // title, value to sort by, text, a number
  ["device", r => r.device, r => devices[r.device].id],
  ["op", r => r.op],
  ["pass", r => r.pass],
  ["rows", r => r.rows, r => r.rows, true],
  ["columns", r => r.cols, r => r.cols, true],
  ["median", r => r.medianNs, r => (r.settled ? "" : "~ ") + time(r.medianNs), true],
  ["min", r => r.minNs, r => time(r.minNs), true],
  ["p90", r => r.p90Ns, r => time(r.p90Ns), true],
  ["GB/s", r => r.gbps, r => digits(r.gbps), true],
  ["GFLOP/s", r => r.gflops, r => (r.gflops > 0 ? digits(r.gflops) : ""), true],
  ["% of roof", r => r.percentOfRoof, r => percent(r.percentOfRoof), true],
  ["roof", r => r.roof],
  ["% of copy", r => r.percentOfCopy, r => percent(r.percentOfCopy), true],
  ["end to end", r => r.endToEndNs, r => time(r.endToEndNs), true],
  ["max error", r => r.maxError, r => error(r.maxError) + (r.ok ? "" : " wrong"), true],
  ["variant", r => r.variant],
];
const rows = devices.flatMap((device, k) => device.results.map(r => ({ ...r, device: k })));
const table = document.getElementById("results");
const heads = add(add(table, "thead"), "tr");
const body = add(table, "tbody");
COLUMNS.forEach(([title, key, , numeric]) => {
  const head = add(heads, "th", undefined, numeric ? "number" : "");
  add(head, "button", title).addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (up ? 1 : -1));
    fill();
  });
});
function fill() {
  body.replaceChildren();
  for (const r of rows) {
    const line = add(body, "tr");
    for (const [title, key, text, numeric] of COLUMNS) {
      const cell = add(line, "td", (text || key)(r), numeric ? "number" : "");
      if (title === "max error" && !r.ok) cell.classList.add("wrong");
    }
  }
}
fill();
