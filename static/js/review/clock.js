/* Countdowns. The server's clock decides; this one only follows it. */

let offset = 0;

export function setClock(iso) {
  offset = new Date(iso).getTime() - Date.now();
}

const left = (iso) => Math.max(0, (new Date(iso).getTime() - Date.now() - offset) / 1000);

const words = (seconds) => (seconds > 90 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds)} s`);

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function tick() {
  for (const place of document.querySelectorAll("[data-countdown]")) {
    const seconds = left(place.dataset.countdown);
    write(place, seconds > 0 ? words(seconds) : "a moment");
  }
  for (const ring of document.querySelectorAll("[data-ring]")) {
    const share = Math.min(1, left(ring.dataset.ring) / Math.max(1, Number(ring.dataset.hold)));
    ring.querySelector(".ring__left").setAttribute("stroke-dasharray", `${(share * 100).toFixed(1)} 100`);
  }
  for (const bar of document.querySelectorAll("[data-drain], [data-drain-s]")) drain(bar);
}

function drain(bar) {
  if (!bar.dataset.drain) bar.dataset.drain = new Date(Date.now() + offset + Number(bar.dataset.drainS) * 1000).toISOString();
  if (!bar.dataset.whole) bar.dataset.whole = String(Math.max(0.5, left(bar.dataset.drain)));
  bar.firstElementChild.style.width = `${Math.min(100, (left(bar.dataset.drain) / Number(bar.dataset.whole)) * 100)}%`;
  // The toast goes with its bar; its Undo stays on the list of the last decisions.
  const toast = bar.closest("[data-toast]");
  if (left(bar.dataset.drain) <= 0 && toast && !toast.matches(":hover, :focus-within")) toast.remove();
}

setInterval(tick, 200);
export { tick as tickClock };
