/* The review room. This file only ties the parts together; each part is a file of its own. */

import { setClock, tickClock } from "./clock.js";
import { Drafts } from "./drafts.js";
import { listenKeys } from "./keys.js";
import { FindingLane, loopFinding } from "./lane.js";
import { announce } from "./net.js";
import { RejectPanel } from "./panel.js";
import { Player } from "./player.js";
import { Queue } from "./queue.js";
import { closeCard, listenCard, refreshCard, showCard } from "./retake.js";
import { Room } from "./room.js";
import { Stage } from "./stage.js";
import { drawStills, drawStrip, freshStrip, isRound, listenStrip, pickTile, shownClips } from "./strip.js";
import { frameAtStart } from "./timecode.js";
import { Timeline } from "./timeline.js";
import { Wall } from "./wall.js";
import { drawWave } from "./wave.js";

const base = () => room.facts.frameBase;
const player = new Player(document.getElementById("screen"));
const room = new Room({ player, entered });
const stage = new Stage(document.getElementById("stage"), player, base);
const timeline = new Timeline(document.getElementById("timeline"), player, base);
const lane = new FindingLane(document.getElementById("lane"), player);
const wall = new Wall(document.getElementById("wall"), player, {
  strip: { shown: shownClips, isRound }, here: () => room.uid, go: (uid) => room.go(uid, { play: false }),
});
const drafts = new Drafts();
const panel = new RejectPanel(player, drafts, base, decide);
let shot = null;

room.onDecided = (uid, answer) => {
  drafts.done(uid);
  panel.close();
  for (const toast of document.querySelectorAll("#toasts [data-kind=decision]")) toast.remove();
  document.getElementById("toasts").append(answer.querySelector("[data-toast]"));
  const slot = answer.querySelector("[data-slot]");
  if (slot) showCard([...slot.children]);
  else closeCard();
  tickClock();
};

/* A clip's room has been read: show it, mark it, and fetch what may come next. */
function entered({ play = false, moved = true } = {}) {
  const { facts } = room;
  wall.close();
  player.showOld(facts.old);
  player.show(facts.clip, { play });
  player.preload(["reject", "approve"].map((name) => facts.next[name]?.clip?.src));
  stage.enter(facts);
  timeline.mark();
  lane.show(facts.findings);
  drawWave(document.getElementById("wave"), facts.clip && facts.clip.peaks);
  panel.fresh();
  if (facts.code.replace(/_v\d+_c\d+$/, "") === shot) drawStrip();
  else freshStrip();
  shot = facts.code.replace(/_v\d+_c\d+$/, "");
  drawStills();
  wall.offer();
  queue.read();
  if (moved) document.body.classList.remove("side-open");
  // The card has done its work once its clip is in front of one's eyes.
  if (document.querySelector("#retake-card[data-state=arrived] .code")?.textContent === facts.code.replace(/_c\d+$/, "")) closeCard();
}

/* --- deciding --- */

function decide(form, data) {
  room.decide(form, data, (nodes) => {
    const told = nodes.querySelector("[data-told]");
    if (panel.isOpen) panel.complain(told);
    else document.getElementById("decide-told").replaceChildren(told);
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // htmx looks at what it swapped in a moment later; a quick key must not fall through to a plain, reloading post.
  if (form.hasAttribute("hx-post")) window.htmx.process(form);
  if (form.matches("[data-decide]")) {
    event.preventDefault();
    decide(form, new FormData(form, event.submitter));
  } else if (form.matches("[data-undo]")) {
    event.preventDefault();
    room.undo(form);
  } else if (form.matches("[data-composer]")) {
    placeNote(form);
  }
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (room.busy) return;
  link.closest("[data-toast]")?.remove();
  // Looking again at a clip that has changed: the panel that was open stays open, with the words that were kept.
  const verdict = panel.isOpen && link.dataset.go === room.uid ? panel.verdict : "";
  room.go(link.dataset.go).then(() => { if (verdict) panel.open(verdict); });
});

/* --- notes --- */

function placeNote(form) {
  const at = form.querySelector("[data-act=note-at]").getAttribute("aria-pressed") === "true" && player.clip;
  const { range, frame, hasRange } = player;
  form.elements.frame_in.value = at ? (hasRange ? range.in ?? 0 : frame) : "";
  form.elements.frame_out.value = at ? (hasRange ? range.out ?? player.clip.frames - 1 : frame) : "";
}

function nextNote(step) {
  const frames = timeline.frames();
  const found = step > 0 ? frames.find((one) => one > player.frame) : frames.filter((one) => one < player.frame).pop();
  if (found !== undefined) player.seek(found);
}

document.addEventListener("htmx:afterSettle", (event) => {
  // A note that was taken gives the keys back to the player; one that was not keeps the pen.
  const field = document.getElementById("note-text");
  if (event.detail.elt.id === "clip-notes" && !field.value) document.getElementById("content").focus({ preventScroll: true });
  if (!player.clip) return;
  timeline.mark();
  drawStills();
  stage.count();
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "note-text" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

/* Typing a note stops the picture: the note is about what is seen. */
document.addEventListener("input", (event) => { if (event.target.id === "note-text" && player.playing) player.pause(); });

/* --- places that lead to a moment --- */

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-seek-frame], [data-seek-s]");
  if (!at || !player.clip) return;
  if ("seekS" in at.dataset) { seekSeconds(at, event.shiftKey); return; }
  player.seek(Number(at.dataset.seekFrame));
  if ("seekOut" in at.dataset) {
    player.setIn(Number(at.dataset.seekFrame));
    player.setOut(Number(at.dataset.seekOut));
  }
});

/* A finding's time: a click goes there, with Shift it is looped. */
function seekSeconds(at, loops) {
  const start = Number(at.dataset.seekS);
  const end = Number(at.dataset.seekOutS ?? start);
  if (loops) loopFinding(player, start, end);
  else player.seek(frameAtStart(start, player.clip));
  const row = at.closest("[data-finding]");
  if (row) lane.light(row.dataset.finding);
}

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-loop-s]");
  if (!at) return;
  loopFinding(player, Number(at.dataset.loopS), Number(at.dataset.loopOutS));
  lane.light(at.closest("[data-finding]").dataset.finding);
});

function nextFinding(step) {
  const words = lane.step(step);
  if (words) announce(words);
}

/* --- you asked, we changed: a note lights up its words --- */

function light(event, on) {
  const ask = event.target.closest && event.target.closest("[data-ask]");
  if (!ask) return;
  ask.classList.toggle("is-lit", on);
  for (const piece of document.querySelectorAll("[data-causes]")) {
    if (piece.dataset.causes.split(" ").includes(ask.dataset.ask)) piece.classList.toggle("is-lit", on);
  }
}
for (const [name, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
  document.addEventListener(name, (event) => light(event, on));
}

/* --- buttons --- */

const ACTS = {
  play: () => (wall.isOpen ? wall : player).toggle(), stop: () => (wall.isOpen ? wall : player).pause(),
  forward: () => (wall.isOpen ? wall.play() : player.forward()), reverse: () => wall.isOpen || player.reverse(),
  back: () => player.step(-1), on: () => player.step(1), back10: () => player.step(-10), on10: () => player.step(10),
  first: () => player.seek(0), last: () => player.clip && player.seek(player.clip.frames - 1),
  in: () => player.setIn(), out: () => player.setOut(), loop: () => player.toggleLoop(), clear: () => player.clearRange(),
  mute: () => player.toggleMute(), full: () => stage.full(wall.isOpen ? wall.root : undefined), counter: () => stage.cycleCounter(), retry: () => player.retry(),
  "show-old": () => stage.show("old"), "show-both": () => stage.swap(), "show-new": () => stage.show("new"),
  "note-before": () => nextNote(-1), "note-after": () => nextNote(1),
  "finding-before": () => nextFinding(-1), "finding-after": () => nextFinding(1),
  wall: () => wall.open(), "wall-close": () => wall.close(),
  "clip-before": () => room.facts.next.back && room.go(room.facts.next.back.uid),
  "clip-after": () => room.facts.next.skip && room.go(room.facts.next.skip.uid),
  reject: () => panel.open("reject"), changes: () => panel.open("changes"), "close-reject": () => panel.close(),
  "close-card": closeCard, queue: () => queue.toggle(),
  side: () => { document.body.classList.toggle("side-open"); },
  comment: () => { document.body.classList.add("side-open"); player.pause(); document.getElementById("note-text").focus(); },
  "note-at": (button) => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? stage.noteWords() : "whole clip";
  },
  hint: () => { localStorage.setItem("retake:hint", "seen"); document.getElementById("first-visit").hidden = true; },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) ACTS[button.dataset.act](button);
});

/* A click on the picture plays it, as everywhere. */
document.getElementById("screen").addEventListener("click", (event) => { if (event.target.matches("video")) player.toggle(); });

/* --- what moves by itself --- */

function moved(now) {
  drawStrip();
  wall.offer();
  refreshCard();
  if (!now) return;
  const place = document.getElementById("decide-told");
  if (Number(now.dataset.revision) === room.facts.revision || room.busy) return;
  // Where there was nothing to watch yet there is nothing to disturb.
  if (!room.facts.clip) { room.go(room.uid, { play: false }); return; }
  // Once is enough: the reject panel says the same at its own field.
  if (place.childElementCount || document.querySelector("#reject:not([hidden]) [data-stale]")) return;
  const words = document.createElement("p");
  words.textContent = `This clip is now “${now.dataset.status}”. `;
  const link = document.createElement("a");
  link.className = "button button--small";
  link.href = location.href;
  link.dataset.go = room.uid;
  link.textContent = "Look again";
  const told = document.createElement("div");
  told.className = "told told--stale";
  told.append(words, link);
  place.replaceChildren(told);
}

const queue = new Queue({ room, changed: moved });
listenStrip(() => wall.offer());
listenCard();
listenKeys({ panel, pickTile, player, room, wall, act: (name) => ACTS[name]() });
setClock(document.getElementById("queue").dataset.now);
document.getElementById("first-visit").hidden = localStorage.getItem("retake:hint") === "seen";
entered({ moved: false });
// For tests and for the curious: read only.
window.retake = { player, room, stage, panel, wall };
