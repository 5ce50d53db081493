/* The reject panel: reasons by number, words, what they apply to, and the next prompt before anything is sent. */

import { post } from "./net.js";
import { rangeWords } from "./timecode.js";

const PREVIEW_MS = 250;
const WORDS = {
  // The title; what the button does when the retake is sent by itself; what it does otherwise.
  reject: ["Reject", "Reject and send the retake", "Reject"],
  changes: ["Needs changes", "Send back with these changes", "Send back with these changes"],
};

export class RejectPanel {
  constructor(player, drafts, base, send) {
    this.player = player;
    this.drafts = drafts;
    this.base = base;
    this.send = send;
    this.asked = 0;
    this.timer = null;
    document.addEventListener("input", (event) => { if (this.form && this.form.contains(event.target)) this.changed(event.target); });
    document.addEventListener("keydown", (event) => this.pressed(event));
    document.addEventListener("submit", (event) => {
      if (event.target !== this.form) return;
      event.preventDefault();
      this.submit();
    });
    for (const name of ["frame", "range"]) player.addEventListener(name, () => this.placed());
  }

  get root() { return document.getElementById("reject"); }
  get form() { return this.root.querySelector("form"); }
  get isOpen() { return !this.root.hidden; }

  /* A new clip: its draft, if there is one, waits in the form. */
  fresh() {
    clearTimeout(this.timer);
    this.drafts.take(this.form);
  }

  open(verdict) {
    if (!this.form) return;
    const again = this.isOpen && this.form.elements.verdict.value === verdict;
    if (!this.isOpen) this.back();
    this.root.hidden = false;
    document.body.classList.add("side-open");
    this.form.elements.verdict.value = verdict;
    this.root.querySelector("[data-reject-title]").textContent = WORDS[verdict][0];
    this.says();
    this.root.dataset.verdict = verdict;
    this.pressedButtons(verdict);
    if (this.player.hasRange && this.scope === "clip" && !this.saysAnything()) this.form.elements.scope.value = "here";
    this.placed();
    this.preview();
    if (again) this.form.elements.text.focus();
    else this.root.focus({ preventScroll: true });
  }

  /* The button says what it does and what that costs, once the preview knows. */
  says() {
    const bill = this.root.querySelector("#preview .bill");
    const [, sends, ends] = WORDS[this.verdict];
    const price = bill ? bill.dataset.sends : "";
    this.root.querySelector("[data-reject-send]").textContent = price === undefined ? ends : `${sends} ${price}`.trim();
  }

  pressedButtons(verdict) {
    for (const name of ["reject", "changes"]) {
      const button = document.querySelector(`#decide [data-act=${name}]`);
      if (button) button.setAttribute("aria-expanded", String(verdict === name));
    }
  }

  close() {
    if (!this.isOpen) return;
    const inside = this.root.contains(document.activeElement);
    this.root.hidden = true;
    document.body.classList.remove("side-open");
    this.pressedButtons(null);
    if (inside) document.getElementById("content").focus({ preventScroll: true });
  }

  get verdict() { return this.form.elements.verdict.value; }

  get scope() { return this.form.elements.scope.value; }

  saysAnything() {
    const data = new FormData(this.form);
    return Boolean(data.get("text").trim() || data.getAll("tags").length);
  }

  /* A draft is about the range or the frame at which it was written: the player goes back there, unless a range is chosen now. */
  back() {
    const { frame_in: first, frame_out: last } = this.form.elements;
    if (!this.player.clip || this.player.hasRange || first.value === "" || !this.saysAnything()) return;
    const [start, end] = [Number(first.value), Number(last.value || first.value)];
    this.player.seek(start);
    if (end > start) {
      this.player.setIn(start);
      this.player.setOut(end);
    }
  }

  /* The range, else the frame that stands, goes along when the words are about it. */
  placed() {
    if (!this.isOpen || !this.form || !this.player.clip) return;
    const { range, frame } = this.player;
    const fields = this.form.elements;
    const first = this.player.hasRange ? range.in ?? 0 : frame;
    const last = this.player.hasRange ? range.out ?? this.player.clip.frames - 1 : frame;
    const words = rangeWords(first, this.player.hasRange ? last : null, this.base()).replace("f ", this.player.hasRange ? "Range " : "Frame ");
    this.form.querySelector("[data-scope-words]").textContent = words;
    if (this.player.playing) return;
    const wanted = this.scope === "here" ? [String(first), String(last)] : ["", ""];
    if (fields.frame_in.value === wanted[0] && fields.frame_out.value === wanted[1]) return;
    [fields.frame_in.value, fields.frame_out.value] = wanted;
    if (this.saysAnything()) this.keep();
  }

  changed(field) {
    if (field.name === "scope") this.placed();
    this.complain("");
    this.keep();
  }

  keep() {
    this.drafts.changed();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.preview(), PREVIEW_MS);
  }

  async preview() {
    const asked = ++this.asked;
    const form = this.form;
    if (!form) return;
    const place = form.querySelector("#preview");
    place.setAttribute("aria-busy", "true");
    const { status, nodes } = await post(form.dataset.preview, new FormData(form), { quiet: true });
    // Only the answer to the newest words counts.
    if (asked !== this.asked || form !== this.form) return;
    place.removeAttribute("aria-busy");
    if (status === 200 || status === 422) place.replaceChildren(...nodes.childNodes);
    this.says();
  }

  toggleTag(digit) {
    const box = this.form && this.form.querySelector(`[data-digit="${digit}"]`);
    if (!box) return false;
    box.checked = !box.checked;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  pressed(event) {
    if (!this.isOpen || event.isComposing) return;
    if (event.key === "Enter" && event.target.id === "reject-text" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && this.root.contains(event.target)) {
      event.preventDefault();
      this.close();
    }
  }

  submit() {
    const data = new FormData(this.form);
    this.drafts.pause();
    this.send(this.form, data);
  }

  /* A message at the field; the words stay. */
  complain(content) {
    const place = this.form.querySelector("#reject-error");
    place.replaceChildren(...(content ? [content] : []));
    if (content) this.form.elements.text.setAttribute("aria-invalid", "true");
    else this.form.elements.text.removeAttribute("aria-invalid");
  }
}
