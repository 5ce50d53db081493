/* What moves by itself: the queue, the tiles, a clip that arrives. Asked for when the server says that something has
   changed, polled while it cannot say so; 204 while nothing has changed. */

import { setClock, tickClock } from "./clock.js";
import { announce, ask, replace, toast } from "./net.js";

const SEEN_MS = 1500;
const HIDDEN_MS = 5000;
const MOST_MS = 20000;

export class Queue {
  constructor({ room = null, changed = () => {} } = {}) {
    this.room = room;
    this.changed = changed;
    this.known = this.returned();
    this.failures = 0;
    this.folded = localStorage.getItem("retake:queue") === "folded";
    setClock(this.root.dataset.now);
    this.fold();
    this.later(SEEN_MS);
    // In one project's room its column shows that project alone; in the empty one, all of them ("project:").
    const mine = () => [`project:${this.root.dataset.project}`];
    window.retakeLive?.on(mine, () => this.now());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.now(); });
  }

  get root() { return document.getElementById("queue"); }

  returned() {
    return new Map([...this.root.querySelectorAll("[data-returned] [data-uid]")].map((one) => [one.dataset.uid, { ...one.dataset }]));
  }

  later(soon) {
    const slow = Math.min(MOST_MS, SEEN_MS * 2 ** this.failures);
    const usual = document.hidden ? HIDDEN_MS : slow;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), soon || window.retakeLive?.pause(usual) || usual);
  }

  /* `anew` asks for the whole column, whatever stamp it has. */
  async now({ anew = false } = {}) {
    clearTimeout(this.timer);
    const uid = this.room ? this.room.uid : "";
    const stamp = anew ? "" : this.root.dataset.stamp;
    const query = new URLSearchParams({ uid, stamp, project: this.root.dataset.project });
    const { status, nodes } = await ask(`${this.updates}?${query}`, { quiet: true });
    this.failures = status === 0 || status >= 500 ? Math.min(this.failures + 1, 4) : 0;
    // The page may have moved on to another clip while the answer was on its way.
    if (status === 200 && (!this.room || this.room.uid === uid)) this.swap(nodes);
    if (status !== 401) this.later();
  }

  get updates() { return document.querySelector("[data-updates]").dataset.updates; }

  swap(nodes) {
    const inside = this.root.contains(document.activeElement) ? document.activeElement : null;
    const address = inside && inside.getAttribute("href");
    const scrolled = document.getElementById("queue-list").scrollTop;
    for (const id of ["queue", "strip"]) {
      const fresh = nodes.getElementById(id);
      if (fresh) replace(fresh);
    }
    document.getElementById("queue-list").scrollTop = scrolled;
    // Whoever was on a line of the column stays on it.
    if (address) {
      const same = [...this.root.querySelectorAll("a")].find((one) => one.getAttribute("href") === address);
      if (same) same.focus({ preventScroll: true });
    }
    this.read();
    this.changed(nodes.getElementById("room-now"));
  }

  /* After the column was replaced, by whomever: the clock, the fold, and what has come back. */
  read() {
    setClock(this.root.dataset.now);
    this.fold();
    this.count();
    tickClock();
    const now = this.returned();
    for (const [uid, clip] of now) if (!this.known.has(uid)) this.arrived(uid, clip);
    this.known = now;
    // A message about a clip that is being looked at, or that has its verdict, has nothing left to say.
    for (const link of document.querySelectorAll("#toasts .toast--arrived [data-go]")) {
      const uid = link.dataset.go;
      if (!now.has(uid) || (this.room && this.room.uid === uid)) link.closest(".toast").remove();
    }
  }

  /* The main menu stands outside of what is swapped, and its number would fall behind. */
  count() {
    const { home, waiting } = this.root.dataset;
    for (const link of document.querySelectorAll(`nav a[href="${home}"]`)) {
      link.querySelector(".count")?.remove();
      if (!waiting) continue;
      const words = document.createElement("span");
      words.className = "sr";
      words.textContent = " clips waiting";
      const count = document.createElement("span");
      count.className = "count";
      count.append(waiting, words);
      link.append(count);
    }
  }

  arrived(uid, clip) {
    if (this.room && this.room.uid === uid) return;
    const words = `Retake ${clip.code} ${clip.label} has arrived`;
    announce(`${words}. Press Enter to see it beside the old one.`);
    // One message for all that came: the newest by name, the others stand in the queue.
    const earlier = [...document.querySelectorAll("#toasts .toast--arrived")];
    const others = earlier.reduce((sum, one) => sum + Number(one.dataset.clips), 0);
    for (const one of earlier) one.remove();
    toast(others ? `${words}, and ${others} more` : words, "arrived");
    const place = document.querySelector("#toasts .toast--arrived");
    place.dataset.clips = others + 1;
    const link = document.createElement("a");
    link.className = "button button--primary button--small";
    link.href = clip.href;
    link.dataset.go = uid;
    link.dataset.key = "Enter";
    link.dataset.keyWords = "See the retake that has arrived";
    link.append("Beside the old one ");
    const key = document.createElement("kbd");
    key.textContent = "↵";
    link.append(key);
    place.setAttribute("data-stays", "");
    place.querySelector("p").after(link);
  }

  fold() {
    document.body.classList.toggle("queue-folded", this.folded);
    const button = this.root.querySelector("[data-act=queue]");
    button.setAttribute("aria-expanded", String(!this.folded));
    button.setAttribute("aria-label", this.folded ? "Open the queue" : "Fold the queue");
  }

  toggle() {
    this.folded = !this.folded;
    localStorage.setItem("retake:queue", this.folded ? "folded" : "open");
    this.fold();
  }
}
