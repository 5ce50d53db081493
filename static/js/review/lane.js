/* What the checks found, under the timeline: ranges as bars, moments in shapes of their own, one tab stop for all. */

import { frameAt, frameAtStart } from "./timecode.js";

const ROWS = 3;
// So many frames are a moment, and so much before and after it is looped.
const MOMENT_FRAMES = 2;
const AROUND_S = 0.5;
const WORST_LAST = ["info", "suspect", "reject"];

/* The frames of a stretch of seconds, which come rounded to hundredths; its end is the first moment after it. */
export function framesOf(start, end, clip) {
  const first = frameAtStart(start, clip);
  return { first, last: Math.max(first, frameAt(end - 0.5 / (clip.fpsNum / clip.fpsDen), clip)) };
}

/* What is looped of it: a moment with a little around it, else nobody sees it. */
export function loopOf(start, end, clip) {
  const { first, last } = framesOf(start, end, clip);
  if (last - first >= MOMENT_FRAMES) return { first, last };
  return framesOf(Math.max(0, start - AROUND_S), Math.max(start, end) + AROUND_S, clip);
}

export class FindingLane {
  constructor(root, player) {
    this.root = root;
    this.player = player;
    this.words = root.querySelector("[data-lane-words]");
    this.marks = [];
    this.last = null;
    this.told = null;
    root.addEventListener("keydown", (event) => this.pressed(event));
    root.addEventListener("focusin", (event) => this.tell(event.target.closest(".find")));
    root.addEventListener("focusout", () => this.tell(null));
    root.addEventListener("pointerover", (event) => this.tell(event.target.closest(".find")));
    root.addEventListener("pointerleave", () => this.tell(null));
    player.addEventListener("state", () => { if (player.playing) this.tell(null); });
    // A phone that is turned: the sentence goes with its mark.
    window.addEventListener("resize", () => this.tell(this.told));
  }

  get clip() { return this.player.clip; }

  /* A clip's findings; `index` is the finding's place in its report and in the panel. */
  show(findings) {
    for (const mark of this.marks) mark.remove();
    this.tell(null);
    this.last = null;
    const clip = this.clip;
    this.marks = clip ? this.placed(findings, clip).map((one) => this.mark(one, clip)) : [];
    this.root.append(...this.marks);
    if (this.marks.length) this.marks[0].tabIndex = 0;
  }

  /* In order of time, each in the first row that is free there; the worst are drawn last, over the others. */
  placed(findings, clip) {
    const told = findings.map((finding, index) => ({ ...finding, index, ...framesOf(finding.start_s, finding.end_s, clip) }));
    told.sort((a, b) => a.first - b.first || WORST_LAST.indexOf(b.severity) - WORST_LAST.indexOf(a.severity));
    const ends = [];
    // A moment takes as much room as its shape.
    const room = Math.max(1, Math.round(clip.frames / 60));
    for (const one of told) {
      const free = ends.findIndex((end) => end < one.first - room);
      one.row = free >= 0 ? free : Math.min(ends.length, ROWS - 1);
      ends[one.row] = Math.max(one.last, one.first + room);
    }
    this.root.dataset.rows = String(Math.max(1, ends.length));
    return told;
  }

  mark(finding, clip) {
    const moment = finding.last - finding.first < MOMENT_FRAMES;
    const mark = document.createElement("button");
    mark.type = "button";
    mark.className = `find find--${finding.severity} ${moment ? "find--moment" : "find--range"}`;
    mark.tabIndex = -1;
    mark.dataset.finding = String(finding.index);
    mark.dataset.row = String(finding.row);
    mark.setAttribute("aria-label", finding.sentence);
    const last = Math.max(1, clip.frames - 1);
    mark.style.left = `${((finding.first / last) * 100).toFixed(3)}%`;
    if (!moment) mark.style.width = `${(((finding.last - finding.first) / last) * 100).toFixed(3)}%`;
    mark.addEventListener("click", (event) => {
      this.last = mark;
      if (event.shiftKey) loopFinding(this.player, finding.start_s, finding.end_s);
      else this.player.seek(finding.first);
      this.light(finding.index);
    });
    mark.frame = finding.first;
    return mark;
  }

  /* The next fault after where the picture stands, or the one before it; several of one frame in turn. */
  step(step) {
    const faults = this.marks.filter((mark) => !mark.matches(".find--info"));
    if (!faults.length) return null;
    const frame = this.player.frame;
    const at = faults.indexOf(this.last);
    let next = at + step;
    if (at < 0 || this.last.frame !== frame) {
      next = step > 0 ? faults.findIndex((mark) => mark.frame >= frame) : faults.filter((mark) => mark.frame < frame).length - 1;
      if (step > 0 && next < 0) next = 0;
    }
    this.last = faults[(next + faults.length) % faults.length];
    this.player.seek(this.last.frame);
    this.light(this.last.dataset.finding);
    this.tell(this.last);
    return this.last.getAttribute("aria-label");
  }

  /* Its line in the panel, opened and brought into view. */
  light(index) {
    for (const row of document.querySelectorAll("#qc .finding")) {
      const it = row.dataset.finding === String(index);
      row.classList.toggle("is-lit", it);
      if (!it) continue;
      const fold = row.closest("details");
      if (fold) fold.open = true;
      row.scrollIntoView({ block: "nearest" });
    }
    for (const mark of this.marks) mark.classList.toggle("is-lit", mark.dataset.finding === String(index));
  }

  tell(mark) {
    this.told = mark;
    this.words.hidden = !mark;
    if (!mark) return;
    this.words.textContent = mark.getAttribute("aria-label");
    const width = this.root.clientWidth;
    const middle = mark.offsetLeft + mark.offsetWidth / 2;
    const half = this.words.offsetWidth / 2;
    this.words.style.left = `${Math.min(Math.max(middle, half), Math.max(half, width - half))}px`;
  }

  pressed(event) {
    const mark = event.target.closest(".find");
    const to = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!mark || !to) return;
    event.preventDefault();
    event.stopPropagation();
    const next = this.marks[(this.marks.indexOf(mark) + to + this.marks.length) % this.marks.length];
    mark.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

/* Play a finding again and again. */
export function loopFinding(player, start, end) {
  if (!player.clip) return;
  const { first, last } = loopOf(start, end, player.clip);
  player.seek(first);
  player.setIn(first);
  player.setOut(last);
  if (!player.loop) player.toggleLoop();
  player.play();
}
