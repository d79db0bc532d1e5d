"use strict";
// Shows the report (format: logitcl-qualify/1) around the charts that bench.js has drawn.
const qualification = JSON.parse(document.getElementById("qualification").textContent);
const BAR = 90; // pixels of the longest

const results = name => (qualification.steps.find(step => step.name === name) || { results: [] }).results;
const place = id => document.getElementById(id);
const bytes = n => (n >= 1 << 20 ? Math.round(n / (1 << 20)) + " MiB" : n >= 1024 ? n / 1024 + " KiB" : n + " B");

// Cells are texts, or functions that fill the cell.
function draw(id, titles, rows) {
  const table = place(id);
  if (titles.length > 0) {
    const head = add(add(table, "thead"), "tr");
    for (const title of titles) add(head, "th", title);
  }
  const body = add(table, "tbody");
  for (const row of rows) {
    const line = add(body, "tr");
    for (const cell of row) {
      const td = add(line, "td");
      if (typeof cell === "function") cell(td);
      else td.textContent = cell;
    }
  }
  if (rows.length === 0) add(add(body, "tr"), "td", "nothing");
}
const number = text => td => { td.textContent = text; td.className = "number"; };
const text = value => td => { td.textContent = value; td.className = "text"; };
const state = (value, good, bad) => td => {
  td.textContent = value;
  td.className = bad ? "wrong" : good ? "good" : "muted";
};
function bar(value, longest, label) {
  return td => {
    td.textContent = label;
    const mark = add(td, "span", undefined, "bar");
    mark.style.width = (longest > 0 ? Math.max(1, (BAR * value) / longest) : 0) + "px";
  };
}

// --- verdict, facts, steps ---

const bad = qualification.steps.some(step => step.bad > 0 || step.status === "failed");
const running = qualification.steps.find(step => step.status === "running");
place("verdict").textContent =
  (bad ? "Not everything is right." : "Everything that was checked is right.") +
  (qualification.complete ? "" : " The report is not complete.") +
  (qualification.ended || !running ? "" :
    ` The run has not come to its end: the step ${running.name} had begun. qualify.json names the item, in "doing".`) +
  ` ${digits(qualification.seconds / 60)} of ${qualification.minutes} minutes.`;
place("verdict").className = bad ? "wrong" : "";

draw("facts", [], Object.entries(qualification.device).map(([name, value]) => [
  name,
  value === null ? "–" : /^(memory|maxAllocation|localMemory)$/.test(name) && value > 0 ? bytes(value) : String(value),
]));

const longestStep = Math.max(...qualification.steps.map(step => step.seconds));
draw("steps", ["step", "status", "time", "left out", "wrong or failed"], qualification.steps.map(step => [
  step.name,
  state(step.status, step.status === "done", step.status === "failed"),
  bar(step.seconds, longestStep, digits(step.seconds) + " s"),
  td => {
    if (step.leftOut.length === 0) return;
    const more = add(td, "details");
    add(more, "summary", String(step.leftOut.length));
    for (const item of step.leftOut) add(more, "div", item);
  },
  step.why ? text(step.why) : state(step.bad > 0 ? String(step.bad) : "", false, step.bad > 0),
]));

for (const goal of qualification.goals) {
  const entry = add(place("goals"), "div", undefined, "goal");
  const held = goal.measured - goal.misses.length;
  add(entry, "b", goal.goal);
  add(entry, "span", goal.measured > 0 ? `: ${held} of ${goal.measured}` : ": not measured");
  const list = add(entry, "ul");
  for (const miss of goal.misses) add(list, "li", miss);
}

// --- results ---

const speeds = results("memory");
const fastestSpeed = Math.max(0, ...speeds.map(s => s.gbps));
draw("speeds", ["", "bytes", "time", "GB/s"], speeds.map(s => [
  s.what,
  number(s.bytes > 0 ? bytes(s.bytes) : ""),
  number(s.nanos > 0 ? time(s.nanos) : ""),
  s.gbps > 0 ? bar(s.gbps, fastestSpeed, digits(s.gbps)) : "",
]));

function checks(id, list) {
  const longest = Math.max(0, ...list.map(c => c.firstNs));
  draw(id, ["op", "pass", "shape", "result", "max ulp", "max error", "first call", "variant", "reason"], list.map(c => [
    c.op,
    c.pass,
    number(c.shape),
    state(c.outcome, c.outcome === "ok", c.outcome === "wrong" || c.outcome === "failed"),
    number(digits(c.worstUlp)),
    number(error(c.worstAbsolute)),
    c.firstNs > 0 ? bar(c.firstNs, longest, time(c.firstNs)) : "",
    c.variant,
    text(c.reason),
  ]));
}
// A rule has no shape, and says what must hold in the place of a reason.
checks("verify", results("verify").map(c => c.rule === undefined ? c : {
  op: c.op.replace(/ [^ ]*$/, ""), pass: c.op.replace(/^.* /, ""), shape: "", outcome: c.ok ? "ok" : "wrong", worstUlp: c.worstUlp,
  worstAbsolute: c.worstAbsolute, firstNs: 0, variant: "", reason: c.rule + (c.detail ? ": " + c.detail : ""),
}));
checks("geometries", results("geometries"));

const tuned = results("tune");
if (tuned.length === 0) add(place("tune"), "p", "Nothing was tuned.", "muted");
for (const t of tuned) {
  const more = add(place("tune"), "details");
  const count = t.rows.split("\n").filter(line => line && !line.startsWith("#")).length;
  add(more, "summary", `${t.op} ${t.shape}: ${count === 0 ? "the built-in rows are the best" : count + " new rows"}`);
  if (t.rows) {
    more.open = true;
    add(more, "pre", t.rows);
  }
  for (const note of t.notes) add(more, "div", note);
}

draw("findings", ["subject", "level", "found", "remedy"], results("device").map(f => [
  f.subject,
  state(f.level.toLowerCase(), f.level === "OK", f.level === "PROBLEM"),
  text(f.text),
  text(f.remedy),
]));
