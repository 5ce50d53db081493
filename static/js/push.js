/* "Push in this browser": asks for permission only when its button is pressed, and says plainly what stands in the way. */
"use strict";

(() => {
  const place = document.getElementById("push");
  if (!place) return;
  const button = place.querySelector("[data-push-switch]");
  const words = place.querySelector("[data-push-words]");
  const WORDS = {
    insecure: "Browsers allow push only on pages that begin with https://. Ask whoever runs this site.",
    unsupported: "This browser cannot be pushed to. On an iPhone or iPad, add Retake to the home screen first and open it from there.",
    blocked: "This browser blocks notifications from Retake. Allow them in its settings for this site (beside the address), then reload this page.",
    off: "This browser is not told yet.",
    on: "This browser is told, also while no page of Retake is open.",
    failed: "The browser’s push service did not answer. Try again in a moment.",
  };

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  function same(key) {
    const mine = bytes(place.dataset.key);
    const theirs = key && new Uint8Array(key);
    return Boolean(theirs) && theirs.length === mine.length && mine.every((byte, at) => byte === theirs[at]);
  }

  function show(state) {
    words.textContent = WORDS[state];
    place.dataset.state = state;
    button.hidden = !["off", "on", "failed"].includes(state);
    button.textContent = state === "on" ? "Switch off in this browser" : "Switch on in this browser";
    button.setAttribute("aria-pressed", String(state === "on"));
  }

  function hindrance() {
    if (!window.isSecureContext) return "insecure";
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unsupported";
    return Notification.permission === "denied" ? "blocked" : "";
  }

  async function subscription() {
    const worker = await navigator.serviceWorker.getRegistration("/");
    return worker ? worker.pushManager.getSubscription() : null;
  }

  async function send(address, facts) {
    const data = new FormData();
    for (const [name, value] of Object.entries(facts)) data.set(name, value);
    const headers = { "HX-Request": "true", "X-CSRFToken": currentToken() };
    const answer = await fetch(address, { method: "POST", body: data, headers, credentials: "same-origin" });
    if (answer.status === 401) document.dispatchEvent(new CustomEvent("retake:signed-out"));
    if (!answer.ok) throw new Error(String(answer.status));
    document.getElementById("push-browsers").outerHTML = await answer.text();
    window.htmx.process(document.getElementById("push-browsers"));
  }

  async function on() {
    if ((await Notification.requestPermission()) !== "granted") return hindrance() || "off";
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    const worker = await navigator.serviceWorker.ready;
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(place.dataset.key) });
    const { keys } = made.toJSON();
    await send(place.dataset.subscribe, { endpoint: made.endpoint, p256dh: keys.p256dh, auth: keys.auth });
    return "on";
  }

  async function off() {
    const made = await subscription();
    if (made) {
      await send(place.dataset.unsubscribe, { endpoint: made.endpoint });
      await made.unsubscribe();
    }
    return "off";
  }

  /* The browser may have been removed on another page, or this site may have another key by now. */
  async function begin() {
    const known = [...document.querySelectorAll("[data-push-endpoint]")].map((one) => one.dataset.pushEndpoint);
    const made = await subscription();
    if (!made) return "off";
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(made.endpoint)));
    const mark = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (known.includes(mark) && same(made.options.applicationServerKey)) return "on";
    await made.unsubscribe();
    return "off";
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    const was = place.dataset.state;
    try {
      show(await (was === "on" ? off() : on()));
    } catch {
      show(hindrance() || "failed");
    }
    button.disabled = false;
  });

  const hindered = hindrance();
  if (hindered) show(hindered);
  else begin().then(show, () => show("failed"));
})();
