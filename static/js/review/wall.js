/* Every open clip of the shot at once, in place of the stage: muted, in step, from their small copies. */

import { announce } from "./net.js";
import { clamp, frameAt, middleOf } from "./timecode.js";

const MOST = 8;
const DRIFT_S = 0.08;
// They begin together; one that is slow to load does not keep the others.
const LOAD_MS = 2500;

export class Wall {
  /* `strip` says which clips are shown and whether these are those of one round; `go` leads to a clip. */
  constructor(root, player, { strip, go, here }) {
    this.root = root;
    this.player = player;
    this.strip = strip;
    this.go = go;
    this.here = here;
    this.bricks = [];
    this.playing = false;
    this.mine = false;
    // Whoever moves the position, by the timeline or a key, moves all clips; only the wall's own playing does not.
    player.addEventListener("frame", () => { if (this.isOpen && !this.mine) this.follow(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.pause(); });
    root.addEventListener("click", (event) => {
      const brick = event.target.closest(".brick");
      if (brick) this.choose(brick.dataset.uid);
    });
  }

  get isOpen() { return !this.root.hidden; }
  get button() { return document.getElementById("wall-button"); }

  /* The clips that the strip shows and that can be played, with the numbers that they have there. */
  clips() {
    const facts = new Map(JSON.parse(document.getElementById("wall-facts").textContent).map((one) => [one.uid, one]));
    const tiles = this.strip.shown().map((uid, index) => ({ ...facts.get(uid), number: index < MOST ? index + 1 : 0 }));
    const wanted = (clip) => clip.waits || clip.uid === this.here() || this.strip.isRound();
    return tiles.filter((clip) => clip.src && wanted(clip)).slice(0, MOST);
  }

  /* The button is there while there is more than one clip to see. */
  offer() {
    const several = this.clips().length > 1;
    if (this.button) this.button.hidden = !several;
    if (!several && this.isOpen) this.close();
  }

  open() {
    const clips = this.clips();
    if (clips.length < 2 || !this.player.clip) return;
    this.player.pause();
    this.fill(clips);
    this.root.hidden = false;
    document.body.classList.add("wall-open");
    this.pressedButton(true);
    // What is decided is decided on one clip: first one is chosen.
    for (const id of ["decide", "side"]) document.getElementById(id).inert = true;
    this.root.focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "nearest" });
    announce(`${clips.length} clips side by side. A number chooses one, Escape goes back.`);
    if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  close() {
    if (!this.isOpen) return;
    this.pause();
    this.root.hidden = true;
    document.body.classList.remove("wall-open");
    this.pressedButton(false);
    for (const id of ["decide", "side"]) document.getElementById(id).inert = false;
    for (const { film } of this.bricks) { film.removeAttribute("src"); film.load(); }
    this.bricks = [];
    this.root.querySelector("[data-wall-tiles]").replaceChildren();
    document.getElementById("content").focus({ preventScroll: true });
  }

  pressedButton(on) { if (this.button) this.button.setAttribute("aria-pressed", String(on)); }

  choose(uid) {
    this.close();
    if (uid !== this.here()) this.go(uid);
  }

  /* Whether there was such a clip. */
  pick(number) {
    const found = this.bricks.find((brick) => brick.clip.number === number);
    if (found) this.choose(found.clip.uid);
    return Boolean(found);
  }

  /* --- the bricks --- */

  fill(clips) {
    const place = this.root.querySelector("[data-wall-tiles]");
    this.bricks = clips.map((clip) => this.brick(clip));
    place.replaceChildren(...this.bricks.map((brick) => brick.element));
    place.dataset.count = String(clips.length);
    // The longest leads: the others wait on their last frame until all begin again.
    this.master = this.bricks.reduce((most, one) => (length(one.clip) > length(most.clip) ? one : most));
    this.master.film.addEventListener("ended", () => this.again());
    const seen = (now, { mediaTime }) => {
      if (!this.isOpen) return;
      if (this.playing) this.led(mediaTime);
      this.master.film.requestVideoFrameCallback(seen);
    };
    this.master.film.requestVideoFrameCallback?.(seen);
  }

  brick(clip) {
    const element = document.getElementById("wall-tile").content.cloneNode(true).firstElementChild;
    const part = (name) => element.querySelector(`[data-brick=${name}]`);
    const film = element.querySelector("video");
    element.dataset.uid = clip.uid;
    element.classList.toggle("brick--here", clip.uid === this.here());
    element.querySelector(".brick__key").textContent = clip.number || "";
    if (clip.number) element.setAttribute("aria-keyshortcuts", String(clip.number));
    const pick = part("pick");
    pick.hidden = !clip.pick;
    pick.textContent = clip.pick;
    pick.title = clip.pickTitle;
    if (clip.pickDoubt) pick.classList.add(`mark--${clip.pickDoubt}`);
    part("label").textContent = clip.label;
    part("verdict").textContent = clip.verdictWords;
    part("verdict-icon").parentElement.classList.add(`brick__verdict--${clip.verdict || "none"}`);
    part("verdict-icon").setAttribute("href", `#i-${clip.verdict || "unmeasured"}`);
    part("status").textContent = clip.waits ? "" : clip.status;
    const words = [`Choose ${clip.label}`, clip.verdictWords.toLowerCase(), clip.pick, clip.waits ? "" : clip.status];
    element.setAttribute("aria-label", words.filter(Boolean).join(", "));
    film.muted = true;
    if (clip.poster) film.poster = clip.poster;
    film.src = clip.src;
    film.addEventListener("error", () => { if (film.getAttribute("src")) part("gone").hidden = false; });
    return { element, film, clip };
  }

  /* --- time: the player's position is the wall's --- */

  toggle() { if (this.playing) this.pause(); else this.play(); }

  async play() {
    if (!this.isOpen || this.playing) return;
    this.state(true);
    const { player } = this;
    if (player.frame >= (player.range.out ?? player.clip.frames - 1)) this.seek(player.range.in ?? 0);
    await Promise.all(this.bricks.map(({ film }) => loaded(film)));
    if (this.playing) this.begin();
  }

  begin() {
    const seconds = this.seconds();
    this.seekAll(seconds);
    for (const { film, clip } of this.bricks) if (seconds < length(clip)) film.play().catch(() => {});
  }

  pause() {
    if (!this.playing) return;
    for (const { film } of this.bricks) film.pause();
    this.state(false);
    this.seek(this.player.frame);
    this.seekAll(this.seconds());
  }

  state(playing) {
    this.playing = playing;
    this.player.led = playing;
    this.player.tell("state");
  }

  again() {
    if (!this.playing) return;
    if (!this.player.loop) { this.pause(); return; }
    this.seek(this.player.range.in ?? 0);
    this.begin();
  }

  /* The player's own position, without the clips following it. */
  seek(frame) {
    this.mine = true;
    this.player.seek(frame);
    this.mine = false;
  }

  seconds() { return middleOf(this.player.frame, this.player.clip); }

  /* A frame of the leading clip was seen: the counter goes along, and whoever has fallen behind is fetched. */
  led(seconds) {
    const { clip, range } = this.player;
    this.mine = true;
    this.player.frame = clamp(frameAt(seconds + 1e-3, clip), clip);
    this.player.refresh();
    this.mine = false;
    if (range.out !== null && this.player.frame >= range.out) { this.again(); return; }
    const now = this.master.film.currentTime;
    for (const { film, clip: own } of this.bricks) {
      if (film === this.master.film || film.seeking || now > length(own) - DRIFT_S) continue;
      if (Math.abs(film.currentTime - now) > DRIFT_S) film.currentTime = now;
    }
  }

  /* Somebody put the position elsewhere: all stand there. */
  follow() {
    if (this.playing) {
      for (const { film } of this.bricks) film.pause();
      this.state(false);
    }
    this.seekAll(this.seconds());
  }

  seekAll(seconds) {
    for (const { film, clip } of this.bricks) {
      wake(film);
      film.currentTime = middleOf(frameAt(seconds, clip), clip);
    }
  }
}

const length = (clip) => (clip.frames * clip.fpsDen) / clip.fpsNum;

/* Nothing is fetched of a clip before it is played or stepped. */
function wake(film) {
  if (film.preload !== "none") return;
  film.preload = "auto";
  film.load();
}

/* When it can be played, has failed, or has taken too long. */
function loaded(film) {
  wake(film);
  if (film.readyState >= 3 || film.error) return Promise.resolve();
  return new Promise((done) => {
    for (const name of ["canplay", "error"]) film.addEventListener(name, done, { once: true });
    setTimeout(done, LOAD_MS);
  });
}
