/* What the player shows around the picture: counter, buttons, old and new beside each other, messages. */

import { frameWords, rangeWords, secondsWords, timecode } from "./timecode.js";

const SHOWN = ["timecode", "frames", "seconds"];

export class Stage {
  constructor(root, player, base) {
    this.root = root;
    this.player = player;
    this.base = base;
    this.mode = "both";
    this.counting = localStorage.getItem("retake:counter") || "timecode";
    this.part = (name) => document.querySelector(`[data-${name}]`);
    player.addEventListener("frame", () => this.count());
    player.addEventListener("range", () => this.ranged());
    player.addEventListener("state", () => this.state());
    player.addEventListener("failed", (event) => this.failed(event.detail.why));
    this.state();
  }

  enter(facts) {
    this.facts = facts;
    const missing = document.getElementById("clip-missing");
    this.part("none-title").textContent = missing.dataset.title;
    this.part("none-words").textContent = missing.dataset.words;
    this.part("old-label").textContent = facts.old ? `${facts.old.label} ${facts.old.status}` : "";
    this.part("now-label").textContent = facts.old ? `${facts.label} now` : "";
    this.part("now-label").hidden = !facts.old;
    // On a narrow page there is no room for two: the new one first, the old one by its button.
    this.show(facts.old && facts.clip ? (window.innerWidth >= 1100 ? "both" : "new") : "one");
    this.ranged();
    this.count();
  }

  show(mode) {
    if (mode !== "one" && !(this.facts.old && this.facts.clip)) return;
    this.mode = mode;
    const screen = document.getElementById("screen");
    screen.dataset.mode = mode;
    screen.querySelector(".pane--old").hidden = mode === "one" || mode === "new";
    for (const name of ["old", "both", "new"]) {
      const button = document.querySelector(`[data-act=show-${name}]`);
      if (button) button.setAttribute("aria-pressed", String(mode === name));
    }
  }

  /* One key goes between old and new; from side by side it begins with the old one. */
  swap() {
    if (window.innerWidth >= 1100) this.show({ both: "old", old: "new", new: "both" }[this.mode] || "both");
    else this.show(this.mode === "old" ? "new" : "old");
  }

  count() {
    const { clip, frame } = this.player;
    const now = this.part("counter");
    const sub = this.part("counter-sub");
    if (!clip) { now.textContent = "–"; sub.textContent = ""; return; }
    const frames = `${frameWords(frame, this.base())} / ${clip.frames}`;
    const words = { timecode: timecode(frame, clip), frames: frameWords(frame, this.base()), seconds: secondsWords(frame, clip) };
    now.textContent = words[this.counting];
    sub.textContent = this.counting === "timecode" ? frames : timecode(frame, clip);
    document.body.dataset.frame = String(frame);
    const at = document.querySelector("[data-act=note-at]");
    if (at && at.getAttribute("aria-pressed") === "true") at.textContent = this.noteWords();
  }

  noteWords() {
    const { range, frame, clip, hasRange } = this.player;
    return hasRange ? rangeWords(range.in ?? 0, range.out ?? clip.frames - 1, this.base()) : frameWords(frame, this.base());
  }

  cycleCounter() {
    this.counting = SHOWN[(SHOWN.indexOf(this.counting) + 1) % SHOWN.length];
    localStorage.setItem("retake:counter", this.counting);
    this.count();
  }

  ranged() {
    const words = this.part("range-words");
    words.hidden = !this.player.hasRange;
    if (this.player.hasRange && this.player.clip) words.textContent = this.noteWords();
  }

  state() {
    const { playing, speed, loop, muted, clip } = this.player;
    this.part("play-icon").setAttribute("href", playing ? "#i-pause" : "#i-play");
    this.part("mute-icon").setAttribute("href", muted ? "#i-mute" : "#i-sound");
    for (const [name, on] of [["loop", loop], ["mute", muted]]) {
      document.querySelector(`[data-act=${name}]`).setAttribute("aria-pressed", String(on));
    }
    const mute = document.querySelector("[data-act=mute]");
    mute.disabled = Boolean(clip) && !clip.audio;
    mute.title = mute.disabled ? "This clip has no sound" : "Mute (M)";
    const fast = this.part("speed");
    fast.hidden = !playing || speed === 1 || speed === 0;
    fast.textContent = speed < 0 ? `◀ ${-speed}×` : `${speed}×`;
  }

  failed(why) {
    const unplayable = document.getElementById("clip-missing").dataset.unplayable;
    this.part("error-words").textContent = `${this.facts.code}: ${unplayable || why}`;
    this.part("download").href = `${this.player.clip.original}?download`;
  }

  full(what = document.getElementById("screen")) {
    if (document.fullscreenElement) document.exitFullscreen();
    else what.requestFullscreen().catch(() => {});
  }
}
