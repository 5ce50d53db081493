/* The retake's card: opened from the stack or by a rejection, kept fresh, never replaced while someone writes in it. */

import { ask, replace } from "./net.js";
import { tickClock } from "./clock.js";

const LINGERS_MS = 6000;
const UNITS = {
  chars: (text) => [...text].length,
  utf16: (text) => text.length,
  // The same safe estimate as the server's: four Latin letters or one mark a token, two for any other letter.
  tokens: (text) => (text.match(/[A-Za-z0-9]+|[^\sA-Za-z0-9]/gu) || [])
    .reduce((sum, piece) => sum + (/^[A-Za-z0-9]/.test(piece) ? Math.ceil(piece.length / 4) : (/[\x21-\x7e]/.test(piece) ? 1 : 2)), 0),
};

const slot = () => document.getElementById("retake-slot");
const card = () => document.getElementById("retake-card");
let closing = null;

function count(form) {
  const length = UNITS[form.dataset.unit](form.elements.text.value);
  form.querySelector("[data-length]").textContent = String(length);
  form.querySelector(".edit__count").classList.toggle("is-over", length > Number(form.dataset.most));
}

export function showCard(nodes) {
  clearTimeout(closing);
  slot().replaceChildren(...nodes);
  if (card()) window.htmx.process(card());
  tickClock();
}

export function closeCard() {
  clearTimeout(closing);
  slot().replaceChildren();
}

export async function openCard(address) {
  const { status, nodes } = await ask(address);
  if (status !== 200) return;
  showCard([...nodes.children]);
  document.body.classList.add("side-open");
  slot().scrollIntoView({ block: "start" });
}

/* After the column was read anew: is the card still true? */
export async function refreshCard() {
  const shown = card();
  if (!shown || !shown.dataset.self || "editing" in shown.dataset) return;
  const line = document.querySelector(`#queue [data-card="${shown.dataset.version}"]`);
  if (line && line.dataset.state === shown.dataset.state && shown.dataset.state !== "generating") return;
  const { status, nodes } = await ask(shown.dataset.self, { quiet: true });
  const fresh = nodes.getElementById("retake-card");
  if (status !== 200 || !fresh || !card() || "editing" in card().dataset) return;
  const left = ["held", "confirm"].includes(shown.dataset.state) && !["held", "confirm"].includes(fresh.dataset.state);
  replace(fresh);
  tickClock();
  // It has left: it stays long enough to be seen, then only its line in the stack remains.
  if (left) closing = setTimeout(() => { if (card() && !card().matches(":hover, :focus-within")) closeCard(); }, LINGERS_MS);
}

/* A message that a retake is about to be sent is untrue once it was sent by hand. */
function dropPromise() {
  if (!card() || ["held", "confirm"].includes(card().dataset.state)) return;
  document.querySelector(`#toasts [data-kind=decision][data-version="${card().dataset.version}"]`)?.remove();
}

export function listenCard() {
  document.addEventListener("click", (event) => {
    const line = event.target.closest("[data-card]");
    // In the empty room there is no place for a card: the link leads to the room of the clip it replaces.
    if (!line || !line.matches("a") || !slot() || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    openCard(line.href);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-edit]");
    if (form && event.target.name === "text") count(form);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest("[data-edit]");
    if (!form || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    tickClock();
    dropPromise();
    const field = card() && card().querySelector("#edit-text");
    if (!field) return;
    // What comes back refused is counted as it stands in the field.
    count(field.form);
    if (event.detail.elt.id === "retake-card") field.focus();
  });
}
