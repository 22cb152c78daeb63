"use strict";
// Search over lists that are loaded when somebody searches, as scripts so that it works from disk too.
const entries = [];
let loading = null;
const form = document.querySelector(".search");
const input = document.getElementById("q");
const found = document.getElementById("found");
const results = document.getElementById("results");
const MOST = 50;

function launchwireSearch(rows) {
  for (const [name, day, line] of rows) entries.push({ name, day, line, text: `${line} ${name} ${day}`.toLowerCase() });
}

function load(year) {
  return new Promise((done) => {
    const script = document.createElement("script");
    script.src = `data/search-${year}.js`;
    script.onload = script.onerror = done;
    document.head.append(script);
  });
}

function loadAll() {
  loading ??= Promise.all(form.dataset.years.split(" ").filter(Boolean).map(load))
    .then(() => entries.sort((a, b) => (a.day < b.day ? 1 : -1)));
  return loading;
}

async function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  await loadAll();
  if (!words.length) {
    results.replaceChildren();
    found.textContent = "";
    return;
  }
  const hits = entries.filter((entry) => words.every((word) => entry.text.includes(word)));
  found.textContent = hits.length > MOST ? `${hits.length} launches, the latest ${MOST} shown` : `${hits.length} launches`;
  results.replaceChildren(...hits.slice(0, MOST).map((entry) => {
    const link = document.createElement("a");
    link.href = `incident/${encodeURIComponent(entry.name)}.html`;
    link.textContent = entry.line;
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
}

form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("focus", loadAll, { once: true });
input.addEventListener("input", search);

for (const views of document.querySelectorAll(".views")) {
  views.hidden = false;
  const map = document.getElementById(views.dataset.map).querySelector("svg");
  const world = map.viewBox.baseVal.width;
  const buttons = [...views.querySelectorAll("button")];
  // Dots are scaled about their own middle, names about that of their dot.
  const dots = [...map.querySelectorAll("circle, .landing path")].map((shape) => {
    const box = shape.getBBox();
    return { shape, x: box.x + box.width / 2, y: box.y + box.height / 2 };
  });
  const texts = [...map.querySelectorAll("text")].map((shape) => ({
    shape,
    x: Number(shape.getAttribute("x")),
    y: Number(shape.getAttribute("y")),
    gap: Math.abs(Number(shape.getAttribute("dx"))),
    sides: Object.fromEntries((shape.dataset.in ?? `0:${shape.getAttribute("text-anchor")}`).trim().split(" ").map((side) => side.split(":"))),
  }));
  const place = (number) => {
    for (const { shape, gap, sides } of texts) {
      const side = sides[number];
      shape.classList.toggle("off", !side);
      if (side) {
        shape.setAttribute("text-anchor", side);
        shape.setAttribute("dx", side === "end" ? -gap : gap);
      }
    }
  };
  for (const [number, button] of buttons.entries()) {
    button.addEventListener("click", () => {
      map.setAttribute("viewBox", button.dataset.view);
      const [, top, width, height] = button.dataset.view.split(" ").map(Number);
      const scale = Math.max(0.3, width / world);
      // Away from the map's middle meridians lean: a view is slanted so that north is up.
      const slope = Number(button.dataset.slope);
      const middle = top + height / 2;
      for (const drawn of map.querySelectorAll("image, .flights")) {
        drawn.setAttribute("transform", `matrix(1 0 ${slope} 1 ${-slope * middle} 0)`);
      }
      place(number);
      for (const { shape, x, y } of [...dots, ...texts]) {
        shape.setAttribute("transform", `translate(${x + slope * (y - middle)} ${y}) scale(${scale}) translate(${-x} ${-y})`);
      }
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    });
  }
}
