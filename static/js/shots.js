/* The shot list: choosing shots, with a choice that survives the rows being drawn anew. */
"use strict";

const form = document.querySelector("[data-shots]");
const chosen = new Set();
let lastPicked = null;

function picks() {
  return [...form.querySelectorAll("[data-pick]")];
}

function wholeFilter() {
  const box = form.querySelector("[data-pick-filter]");
  return box && box.checked ? Number(box.dataset.count) : 0;
}

/* The one place that makes the page say what is chosen. */
function show() {
  const boxes = picks();
  for (const box of boxes) box.checked = chosen.has(box.value);
  const all = form.querySelector("[data-pick-all]");
  const here = boxes.filter((box) => box.checked).length;
  all.checked = boxes.length > 0 && here === boxes.length;
  all.indeterminate = here > 0 && here < boxes.length;
  const count = wholeFilter() || here;
  const words = `${count} ${count === 1 ? "shot" : "shots"}`;
  form.querySelector("[data-chosen]").textContent = count ? `${words} chosen` : "Choose shots to generate";
  const button = form.querySelector("[data-generate]");
  button.firstChild.textContent = count ? `Generate ${words}… ` : "Generate… ";
  button.disabled = count === 0;
}

function pick(box, on) {
  if (on) chosen.add(box.value);
  else chosen.delete(box.value);
}

/* Shift takes everything between the last choice and this one, as spreadsheets do. */
function pickRange(box) {
  const boxes = picks();
  const from = boxes.findIndex((other) => other.value === lastPicked);
  const to = boxes.indexOf(box);
  if (from < 0) return;
  for (const other of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) pick(other, box.checked);
}

if (form && form.querySelector("[data-pick-all]")) {
  let shift = false;
  form.addEventListener("click", (event) => {
    shift = event.shiftKey;
  });
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-pick]")) {
      if (shift) pickRange(box);
      pick(box, box.checked);
      lastPicked = box.value;
    }
    if (box.matches("[data-pick-all]")) {
      for (const other of picks()) pick(other, box.checked);
    }
    show();
  });
  document.addEventListener("htmx:oobAfterSwap", show);
  // The browser restores ticks when one comes back to the page; they count as chosen.
  window.addEventListener("pageshow", () => {
    for (const box of picks()) if (box.checked) chosen.add(box.value);
    show();
  });
  show();
}

/* Up and down move through the list, in the column that has the focus. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const row = event.target.closest("tr.shot");
  if (!row) return;
  const rows = [...document.querySelectorAll("tr.shot")];
  const next = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
  if (!next) return;
  const same = event.target.matches("[data-pick]") ? "[data-pick]" : "a";
  event.preventDefault();
  next.querySelector(same).focus();
});
