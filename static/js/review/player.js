/* One player out of several <video> elements: one plays, the others already hold what may come next. */

import { clamp, fpsOf, frameAt, frameAtStart, middleOf } from "./timecode.js";

const SPEEDS = [1, 2, 4, 8];
const DRIFT_S = 0.08;

export class Player extends EventTarget {
  constructor(screen) {
    super();
    this.screen = screen;
    this.films = [...screen.querySelectorAll("[data-film]:not([data-film=old])")];
    this.oldFilm = screen.querySelector("[data-film=old]");
    this.film = this.films[0];
    this.clip = null;
    this.old = null;
    this.frame = 0;
    this.range = { in: null, out: null };
    this.loop = true;
    this.speed = 0;
    this.timer = null;
    // While the wall of candidates plays in its place, it only tells where they are.
    this.led = false;
    this.muted = localStorage.getItem("retake:muted") === "yes";
    for (const film of this.films) this.listen(film);
    this.oldFilm.addEventListener("error", () => this.tell("old-error"));
  }

  tell(name, detail = {}) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  listen(film) {
    const mine = (handler) => () => { if (film === this.film) handler(); };
    film.addEventListener("loadeddata", mine(() => { this.veil(null); this.refresh(); this.tell("loaded"); }));
    film.addEventListener("waiting", mine(() => { if (film.readyState < 2) this.veil("loading"); }));
    film.addEventListener("playing", mine(() => { this.veil(null); this.tell("state"); }));
    film.addEventListener("pause", mine(() => this.paused()));
    film.addEventListener("ended", mine(() => this.ended()));
    film.addEventListener("error", mine(() => { if (film.getAttribute("src")) this.failed(film.error); }));
    if ("requestVideoFrameCallback" in film) {
      const seen = (now, facts) => {
        if (film === this.film && this.clip) this.presented(frameAtStart(facts.mediaTime, this.clip));
        film.requestVideoFrameCallback(seen);
      };
      film.requestVideoFrameCallback(seen);
    } else {
      film.addEventListener("timeupdate", mine(() => this.presented(frameAt(film.currentTime, this.clip))));
    }
  }

  /* --- which clip --- */

  show(clip, { play = false } = {}) {
    if (this.clip && clip && clip.src === this.clip.src) return;
    this.stopReverse();
    this.film.pause();
    this.clip = clip;
    this.frame = 0;
    this.speed = 0;
    this.range = { in: null, out: null };
    if (!clip) { this.current(null); this.veil("none"); this.refresh(); return; }
    const ready = this.films.find((film) => film.dataset.src === clip.src) || this.idle()[0];
    if (ready.dataset.src !== clip.src || ready.error) this.fill(ready, clip.src);
    this.current(ready);
    ready.muted = this.muted;
    ready.playbackRate = 1;
    if (ready.currentTime) ready.currentTime = 0;
    this.veil(ready.readyState >= 2 ? null : "loading");
    this.refresh();
    if (play) this.play();
  }

  current(film) {
    for (const one of this.films) one.toggleAttribute("data-current", one === film);
    if (film) this.film = film;
  }

  idle() { return this.films.filter((film) => film !== this.film); }

  fill(film, src) {
    film.dataset.src = src;
    film.src = src;
    film.load();
  }

  /* Keep the likely next clips decoded in the idle films. */
  preload(sources) {
    const wanted = [...new Set(sources)].filter((src) => src && src !== this.film.dataset.src);
    const free = this.idle().filter((film) => !wanted.includes(film.dataset.src));
    for (const src of wanted.slice(0, this.films.length - 1)) {
      if (this.idle().some((film) => film.dataset.src === src)) continue;
      const film = free.shift();
      if (film) this.fill(film, src);
    }
  }

  showOld(clip) {
    this.old = clip;
    if (clip && this.oldFilm.dataset.src !== clip.src) this.fill(this.oldFilm, clip.src);
    if (!clip) { this.oldFilm.removeAttribute("src"); delete this.oldFilm.dataset.src; this.oldFilm.load(); }
  }

  veil(name) {
    for (const one of this.screen.querySelectorAll("[data-veil]")) one.hidden = one.dataset.veil !== name;
  }

  failed(error) {
    this.veil("error");
    const why = { 2: "the connection broke while it was read.", 3: "the file is damaged, or this browser cannot decode it.",
      4: "this browser cannot play its format, or the file is no longer there." };
    this.tell("failed", { why: why[error && error.code] || "the browser did not say why." });
  }

  retry() {
    this.fill(this.film, this.clip.src);
    this.veil("loading");
  }

  /* --- time --- */

  get playing() { return this.clip !== null && (this.led || !this.film.paused || this.timer !== null); }

  presented(frame) {
    // While it stands, the frame asked for is the truth; the browser only reports that it got there.
    if (this.film.paused || this.film.seeking) return;
    this.frame = frame;
    const { in: first, out: last } = this.range;
    if (last !== null && frame >= last) {
      if (this.loop) this.seek(first ?? 0, { keep: true });
      else { this.film.pause(); this.seek(last); }
    }
    this.follow();
    this.refresh();
  }

  refresh() { this.tell("frame"); }

  seek(frame, { keep = false } = {}) {
    if (!this.clip) return;
    if (!keep) this.stand();
    this.frame = clamp(frame, this.clip);
    this.film.currentTime = middleOf(this.frame, this.clip);
    this.follow(true);
    this.refresh();
  }

  seekSeconds(seconds) { this.seek(frameAt(seconds, this.clip)); }

  step(frames) { this.seek(this.frame + frames); }

  /* The old clip goes by time, not by number: the two may have different rates. */
  follow(exactly = false) {
    if (!this.old || !this.oldFilm.duration) return;
    const there = Math.min(middleOf(frameAt(middleOf(this.frame, this.clip), this.old), this.old), this.oldFilm.duration);
    if (exactly || Math.abs(this.oldFilm.currentTime - this.film.currentTime) > DRIFT_S) {
      if (exactly || this.oldFilm.currentTime < this.oldFilm.duration - DRIFT_S) this.oldFilm.currentTime = there;
    }
    const over = there >= this.oldFilm.duration - 0.01;
    if (!this.film.paused && this.oldFilm.paused && !over) this.oldFilm.play().catch(() => {});
  }

  play(speed = 1) {
    if (!this.clip) return;
    this.stopReverse();
    this.speed = speed;
    const last = this.range.out ?? this.clip.frames - 1;
    if (this.frame >= last) this.seek(this.range.in ?? 0, { keep: true });
    this.film.playbackRate = speed;
    this.oldFilm.playbackRate = speed;
    this.film.loop = this.loop && this.range.out === null;
    this.film.play().catch(() => this.refresh());
    if (this.old) this.oldFilm.play().catch(() => {});
    this.tell("state");
  }

  pause() { this.stand(); }

  /* Stop both clips. A film that loops by itself may jump to its start when it is put on its last frame. */
  stand() {
    this.stopReverse();
    this.film.pause();
    this.oldFilm.pause();
    for (const film of this.films) film.loop = false;
  }

  paused() {
    this.oldFilm.pause();
    this.film.loop = false;
    if (this.timer === null) this.speed = 0;
    // Stand on the middle of the frame that is seen, so that the next step goes from it.
    if (this.clip && !this.film.ended && this.timer === null) this.film.currentTime = middleOf(this.frame, this.clip);
    this.follow(true);
    this.tell("state");
  }

  ended() {
    this.frame = this.clip.frames - 1;
    this.refresh();
    this.tell("state");
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  forward() {
    const at = this.speed > 0 ? SPEEDS.indexOf(this.speed) + 1 : 0;
    this.play(SPEEDS[Math.min(at, SPEEDS.length - 1)]);
  }

  /* Browsers cannot play backwards: it is stepped, as fast as the speed asks and the decoder gives. */
  reverse() {
    if (!this.clip) return;
    const at = this.speed < 0 ? SPEEDS.indexOf(-this.speed) + 1 : 0;
    const speed = SPEEDS[Math.min(at, SPEEDS.length - 1)];
    this.stopReverse();
    this.speed = -speed;
    let last = performance.now();
    let owed = 0;
    const tick = (now) => {
      owed += ((now - last) / 1000) * fpsOf(this.clip) * speed;
      last = now;
      if (owed >= 1 && !this.film.seeking) {
        const first = this.range.in ?? 0;
        if (this.frame <= first) { this.pause(); this.speed = 0; this.tell("state"); return; }
        this.seek(Math.max(first, this.frame - Math.floor(owed)), { keep: true });
        owed %= 1;
      }
      this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
    this.film.pause();
    this.tell("state");
  }

  stopReverse() {
    if (this.timer !== null) cancelAnimationFrame(this.timer);
    this.timer = null;
    if (this.speed < 0) this.speed = 0;
  }

  /* --- range, loop, sound --- */

  setIn(frame = this.frame) {
    this.range.in = frame;
    if (this.range.out !== null && this.range.out < frame) this.range.out = null;
    this.ranged();
  }

  setOut(frame = this.frame) {
    this.range.out = frame;
    if (this.range.in === null || this.range.in > frame) this.range.in = this.range.in === null ? 0 : frame;
    this.ranged();
  }

  clearRange() {
    this.range = { in: null, out: null };
    this.ranged();
  }

  get hasRange() { return this.range.in !== null || this.range.out !== null; }

  ranged() {
    this.loopIfPlaying();
    this.tell("range");
    this.refresh();
  }

  loopIfPlaying() {
    if (!this.film.paused) this.film.loop = this.loop && this.range.out === null;
  }

  toggleLoop() {
    this.loop = !this.loop;
    this.loopIfPlaying();
    this.tell("state");
  }

  toggleMute() {
    this.muted = !this.muted;
    localStorage.setItem("retake:muted", this.muted ? "yes" : "no");
    this.film.muted = this.muted;
    this.tell("state");
  }
}
