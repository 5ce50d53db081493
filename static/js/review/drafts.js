/* What is being typed is kept: on the server as it is typed, and in this browser while the server cannot be reached. */

import { post } from "./net.js";

const WAIT_MS = 400;
const keyOf = (uid) => `retake:draft:${uid}`;

export class Drafts {
  constructor() {
    this.timer = null;
    this.form = null;
    // A page that is left in the middle of a word still sends it.
    window.addEventListener("pagehide", () => { if (this.timer) this.save(true); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.timer) this.save(true); });
    window.addEventListener("online", () => { if (this.form) this.save(); });
  }

  /* Begin with a form; words this browser kept and the server never got are put back. */
  take(form) {
    this.form = form;
    if (!form) return false;
    const kept = localStorage.getItem(keyOf(form.dataset.uid));
    if (!kept) return false;
    const was = JSON.parse(kept);
    form.elements.text.value = was.text;
    form.elements.frame_in.value = was.frame_in;
    form.elements.frame_out.value = was.frame_out;
    form.elements.scope.value = was.frame_in === "" ? "clip" : "here";
    form.elements.verdict.value = was.verdict;
    for (const box of form.querySelectorAll("[name=tags]")) box.checked = was.tags.includes(box.value);
    this.save();
    return true;
  }

  changed() {
    if (!this.form) return;
    const data = new FormData(this.form);
    localStorage.setItem(keyOf(this.form.dataset.uid), JSON.stringify({
      text: data.get("text"), tags: data.getAll("tags"), verdict: data.get("verdict"),
      frame_in: data.get("frame_in"), frame_out: data.get("frame_out"),
    }));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT_MS);
    this.say("…");
  }

  async save(leaving = false) {
    clearTimeout(this.timer);
    this.timer = null;
    const form = this.form;
    const sent = localStorage.getItem(keyOf(form.dataset.uid));
    const { status } = await post(form.dataset.draft, new FormData(form), { quiet: true, keepalive: leaving });
    if (status === 204) {
      // Only what has not grown meanwhile is safe on the server.
      if (localStorage.getItem(keyOf(form.dataset.uid)) === sent) localStorage.removeItem(keyOf(form.dataset.uid));
      this.say("Draft saved");
    } else {
      this.say(status === 422 ? "Not saved as it is" : "Kept in this browser");
    }
  }

  say(words) {
    const place = this.form && this.form.querySelector("[data-kept]");
    if (place) place.textContent = words;
  }

  /* The words have become a decision. */
  done(uid) {
    clearTimeout(this.timer);
    this.timer = null;
    localStorage.removeItem(keyOf(uid));
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}
