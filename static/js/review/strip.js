/* The candidates of the shot: round pills, number keys, and scrubbing a tile from its filmstrip. */

import { shareOf, still } from "./timeline.js";

let pill = "open";

const strip = () => document.getElementById("strip");
const shown = () => [...strip().querySelectorAll(".tile:not([hidden])")];

export function drawStrip() {
  const wanted = strip().querySelector(`[data-pill="${pill}"]`) ? pill : "open";
  for (const one of strip().querySelectorAll("[data-pill]")) {
    one.setAttribute("aria-pressed", String(one.dataset.pill === wanted));
  }
  for (const tile of strip().querySelectorAll(".tile")) {
    tile.hidden = wanted === "open" ? !("open" in tile.dataset) : tile.dataset.version !== wanted;
  }
  shown().forEach((tile, index) => {
    const number = index < 8 ? String(index + 1) : "";
    tile.querySelector(".tile__key").textContent = number;
    if (number) tile.setAttribute("aria-keyshortcuts", number);
  });
  const here = strip().querySelector(".tile--here");
  if (here) here.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/* Another shot begins with what is open. */
export function freshStrip() {
  pill = "open";
  drawStrip();
}

/* For the wall: the clips that are shown, in their order, and whether they are those of one round. */
export const shownClips = () => shown().map((tile) => tile.dataset.go);
export const isRound = () => pill !== "open";

export function pickTile(number) {
  const tile = shown()[number - 1];
  if (tile) tile.click();
  return Boolean(tile);
}

export function listenStrip(changed) {
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-pill]");
    if (!chosen) return;
    pill = chosen.dataset.pill;
    drawStrip();
    changed();
  });
  document.addEventListener("pointermove", (event) => {
    const picture = event.target.closest && event.target.closest("[data-filmstrip]");
    if (!picture || event.pointerType === "touch") return;
    const box = picture.getBoundingClientRect();
    const image = picture.querySelector("img");
    if (image) image.classList.add("is-under");
    still(picture, picture.dataset.filmstrip, Number(picture.dataset.tiles), (event.clientX - box.left) / box.width);
  });
  document.addEventListener("pointerout", (event) => {
    const picture = event.target.closest && event.target.closest("[data-filmstrip]");
    if (!picture || picture.contains(event.relatedTarget)) return;
    picture.style.backgroundImage = "";
    const image = picture.querySelector("img");
    if (image) image.classList.remove("is-under");
  });
}

/* The same moment before and after: stills of the checklist. */
export function drawStills() {
  for (const one of document.querySelectorAll("[data-still]")) {
    const { still: sheet, tiles, frames, frame } = one.dataset;
    still(one, sheet, Number(tiles), frame === "" ? 0.5 : shareOf(Number(frame), Number(frames)));
  }
}
