/* The line under the picture: where we are, the range, notes as dots, stills on hover. */

import { clamp, frameWords, rangeWords, timecode } from "./timecode.js";

const percent = (share) => `${(share * 100).toFixed(3)}%`;

export class Timeline {
  constructor(root, player, base) {
    this.root = root;
    this.player = player;
    this.base = base;
    this.slider = root.querySelector("[role=slider]");
    this.part = (name) => root.querySelector(`.line__${name}`);
    this.marks = root.querySelector("[data-marks]");
    player.addEventListener("frame", () => this.draw());
    player.addEventListener("range", () => this.draw());
    this.dragging();
    this.hovering();
    this.slider.addEventListener("keydown", (event) => this.pressed(event));
  }

  get last() { return Math.max(1, (this.player.clip ? this.player.clip.frames : 1) - 1); }

  at(frame) { return percent(frame / this.last); }

  frameUnder(event) {
    const box = this.root.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return clamp(Math.round(share * this.last), this.player.clip);
  }

  dragging() {
    this.slider.addEventListener("pointerdown", (event) => {
      if (!this.player.clip || event.button !== 0) return;
      this.slider.setPointerCapture(event.pointerId);
      this.player.seek(this.frameUnder(event));
    });
    this.slider.addEventListener("pointermove", (event) => {
      if (this.slider.hasPointerCapture(event.pointerId)) this.player.seek(this.frameUnder(event));
    });
  }

  hovering() {
    const hover = this.part("hover");
    const tile = this.part("tile");
    this.root.addEventListener("pointermove", (event) => {
      const clip = this.player.clip;
      if (!clip || event.pointerType === "touch") return;
      const frame = this.frameUnder(event);
      hover.hidden = false;
      const width = this.root.clientWidth;
      const middle = (frame / this.last) * width;
      hover.style.left = `${Math.min(Math.max(middle, 80), width - 80)}px`;
      hover.querySelector("span").textContent = `${timecode(frame, clip)} · ${frameWords(frame, this.base())}`;
      tile.hidden = !clip.filmstrip;
      if (clip.filmstrip) still(tile, clip.filmstrip, clip.tiles, (frame + 0.5) / clip.frames);
    });
    this.root.addEventListener("pointerleave", () => { hover.hidden = true; });
  }

  pressed(event) {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    if (event.key in steps) this.player.step(steps[event.key] * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") this.player.seek(0);
    else if (event.key === "End") this.player.seek(this.last);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  draw() {
    const { clip, frame, range } = this.player;
    this.slider.setAttribute("aria-valuemax", clip ? this.last : 0);
    this.slider.setAttribute("aria-valuenow", frame);
    this.slider.setAttribute("aria-valuetext", clip ? `${timecode(frame, clip)}, ${frameWords(frame, this.base())}` : "no clip");
    this.part("played").style.width = clip ? this.at(frame) : "0";
    this.part("head").style.left = clip ? this.at(frame) : "0";
    const first = range.in ?? 0;
    const last = range.out ?? this.last;
    const bar = this.part("range");
    bar.hidden = !this.player.hasRange;
    bar.style.left = this.at(first);
    bar.style.width = percent((last - first) / this.last);
    for (const [name, value] of [["in", range.in], ["out", range.out]]) {
      const bracket = this.part(`bracket--${name}`);
      bracket.hidden = value === null;
      if (value !== null) bracket.style.left = this.at(value);
    }
  }

  /* Notes are read from their cards, so that a note just added is on the line as well. */
  mark() {
    this.marks.replaceChildren();
    if (!this.player.clip) return;
    for (const card of document.querySelectorAll("#clip-notes [data-frame-in]")) this.marks.append(...this.dot(card));
  }

  dot(card) {
    const first = Number(card.dataset.frameIn);
    const last = "frameOut" in card.dataset ? Number(card.dataset.frameOut) : first;
    const dot = button("line__dot", `${rangeWords(first, last, this.base())}: ${card.dataset.words}`);
    dot.textContent = card.dataset.initials;
    dot.style.left = this.at(first);
    dot.addEventListener("click", () => {
      this.player.seek(first);
      card.scrollIntoView({ block: "nearest" });
    });
    if (last === first) return [dot];
    const bar = document.createElement("i");
    bar.className = "line__span";
    bar.style.left = this.at(first);
    bar.style.width = percent((last - first) / this.last);
    return [bar, dot];
  }

  frames() {
    return [...document.querySelectorAll("#clip-notes [data-frame-in]")]
      .map((card) => Number(card.dataset.frameIn)).sort((a, b) => a - b);
  }
}

function button(name, words) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.title = words;
  made.setAttribute("aria-label", words);
  return made;
}

/* One tile of a filmstrip, a single row of equal pictures, as the background of an element. */
export function still(element, sheet, tiles, share) {
  const index = Math.min(tiles - 1, Math.max(0, Math.floor(share * tiles)));
  element.style.backgroundImage = `url("${sheet}")`;
  element.style.backgroundSize = `${tiles * 100}% 100%`;
  element.style.backgroundPosition = tiles > 1 ? `${(index / (tiles - 1)) * 100}% 0` : "0 0";
}

export const shareOf = (frame, frames) => (frames ? (frame + 0.5) / frames : 0.5);
