/* Moving through the room without a reload: the picture first, everything around it a moment later. */

import { announce, ask, post, replace } from "./net.js";

const PARTS = ["where", "queue", "slate", "strip", "panel", "reject", "decide", "room-data"];

export class Room {
  constructor({ player, entered }) {
    this.player = player;
    this.entered = entered;
    this.busy = false;
    this.wanted = null;
    // The undo was asked for while its decision was still on the way.
    this.undoAsked = false;
    this.facts = this.read();
    window.addEventListener("popstate", () => {
      const uid = history.state && history.state.uid;
      if (uid) this.go(uid, { push: false });
    });
    history.replaceState({ uid: this.uid }, "");
  }

  get data() { return document.getElementById("room-data"); }
  get uid() { return this.data.dataset.uid; }

  read() { return JSON.parse(document.getElementById("player-facts").textContent); }

  address(uid) { return this.data.dataset.room.replace(this.uid, uid); }

  /* What is known of a clip before its room is read: enough to show its first frame at once. */
  known(uid) {
    return Object.values(this.facts.next).find((one) => one && one.uid === uid) || null;
  }

  async go(uid, { push = true, play = true } = {}) {
    this.wanted = uid;
    const ahead = this.known(uid);
    if (ahead && ahead.clip && uid !== this.uid) {
      this.player.showOld(null);
      this.player.show(ahead.clip, { play });
    }
    const { status, nodes } = await ask(this.address(uid));
    // Someone has gone on meanwhile: the newest wish counts.
    if (this.wanted !== uid) return;
    if (status !== 200) {
      this.player.show(this.facts.clip);
      return;
    }
    const moved = uid !== this.uid;
    const address = this.address(uid);
    this.apply(nodes);
    if (push && moved) history.pushState({ uid }, "", address);
    this.entered({ play: play && moved, moved });
    if (moved) announce(`${this.facts.code}, ${document.querySelector("#slate .chip").textContent}`);
  }

  apply(nodes) {
    const inside = PARTS.some((id) => document.getElementById(id)?.contains(document.activeElement));
    for (const id of PARTS) {
      const fresh = nodes.getElementById(id);
      if (fresh) replace(fresh);
    }
    if (inside && document.activeElement === document.body) document.getElementById("content").focus({ preventScroll: true });
    this.facts = this.read();
    document.title = this.data.dataset.title;
  }

  /* --- deciding: one post at a time; what comes back says where to go --- */

  async decide(form, data, refused) {
    if (this.busy) return;
    this.busy = true;
    document.body.classList.add("is-busy");
    performance.mark("retake:decide");
    const uid = this.uid;
    const { status, nodes } = await post(form.action, data);
    if (status === 200) await this.decided(nodes, uid);
    else if (status === 422 || status === 409) refused(nodes);
    this.busy = false;
    document.body.classList.remove("is-busy");
    if (this.undoAsked && status === 200) this.undoLatest();
    this.undoAsked = false;
  }

  /* The key means the decision made a moment ago, also while its answer is still on the way. */
  undoLatest() {
    if (this.busy) { this.undoAsked = true; return; }
    const form = document.querySelector("#toasts [data-kind=decision] [data-undo]") || document.querySelector("#decide [data-undo]");
    if (form) this.undo(form);
  }

  async decided(nodes, uid) {
    const answer = nodes.querySelector("[data-decided]");
    this.onDecided(uid, answer);
    announce(answer.dataset.announce);
    if (answer.dataset.next) await this.go(answer.dataset.next);
    else location.assign(this.data.dataset.queue);
  }

  async undo(form) {
    if (this.busy) return;
    this.busy = true;
    const { status, nodes } = await post(form.action, new FormData(form));
    const told = nodes.querySelector("[data-told]");
    if (told) {
      announce(told.dataset.announce);
      const next = told.dataset.next;
      for (const toast of document.querySelectorAll("#toasts [data-kind=decision]")) {
        if (status === 200 || toast.contains(form)) toast.remove();
      }
      document.getElementById("toasts").append(told);
      if (status === 200) {
        document.getElementById("retake-slot").replaceChildren();
        if (next) await this.go(next, { play: false });
      }
    }
    this.busy = false;
  }
}
