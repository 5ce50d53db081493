/* What every page can do: menus, dialogs, toasts, keys, and a kind word when a request does not come back. */
"use strict";

const TOAST_MS = 8000;
const KEYS_SWITCH = "retake:keys";

/* --- Toasts: `retake:toast` with {text, kind} from a script, or from the server as an HX-Trigger header. ---------- */
function closeSoon(toast) {
  if (toast.classList.contains("toast--error") || toast.hasAttribute("data-stays")) return;
  let timer = setTimeout(() => toast.remove(), TOAST_MS);
  for (const start of ["mouseenter", "focusin"]) toast.addEventListener(start, () => clearTimeout(timer));
  for (const end of ["mouseleave", "focusout"]) {
    toast.addEventListener(end, () => {
      clearTimeout(timer);
      timer = setTimeout(() => toast.remove(), TOAST_MS);
    });
  }
}

function showToast(text, kind) {
  const toast = document.getElementById("toast-template").content.cloneNode(true).firstElementChild;
  toast.classList.add(`toast--${kind || "info"}`);
  toast.querySelector("p").textContent = text;
  // The observer below gives it its time, as it does for toasts that htmx swaps in.
  document.getElementById("toasts").append(toast);
}

document.addEventListener("retake:toast", (event) => showToast(event.detail.text, event.detail.kind));

/* --- Requests that failed: say what happened, keep what was typed. ------------------------------------------------ */
document.addEventListener("retake:signed-out", () => openDialog("signed-out"));
let toldSignedOut = false;
// What asks by itself at the edge of the page has nothing to say when the answer does not come: it asks again.
function asksQuietly(event) {
  return event.detail.elt.hasAttribute("data-quiet");
}

document.addEventListener("htmx:sendError", (event) => {
  if (asksQuietly(event)) return;
  showToast("The server could not be reached. Nothing was lost on this page; try again in a moment.", "error");
});
document.addEventListener("htmx:responseError", (event) => {
  if (asksQuietly(event)) return;
  const xhr = event.detail.xhr;
  if (xhr.status === 401) {
    // A page that asks by itself every second must not open the dialog every second.
    const asksByItself = event.detail.requestConfig.verb === "get";
    if (!(asksByItself && toldSignedOut)) openDialog("signed-out");
    toldSignedOut = true;
    return;
  }
  // The error pages mark the sentence that says what happened.
  const told = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-sentence]");
  const fallback = "The server could not do this. What you typed is still here; try again.";
  showToast(told ? told.textContent.trim() : fallback, "error");
});
// Signing in again in another tab changes the token; the cookie always holds the current one.
function currentToken() {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
  return cookie ? cookie.slice("csrftoken=".length) : "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = currentToken();
  if (!token) return;
  event.detail.headers["X-CSRFToken"] = token;
  // The server looks at the form's own field first.
  const fields = event.detail.parameters;
  if (fields.csrfmiddlewaretoken !== undefined) fields.csrfmiddlewaretoken = token;
});

/* --- Dialogs and menus --------------------------------------------------------------------------------------------- */
function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  if (id === "help") listKeys();
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) openDialog(opener.dataset.opens);
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  const toast = event.target.closest("[data-closes-toast]");
  if (toast) toast.closest("[data-toast]").remove();
  // A click on the backdrop is a click on the dialog element itself.
  if (event.target.matches("dialog.dialog[open]")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/* --- Keys: an element with data-key="a" is clicked by that key; the help lists exactly these elements. ------------- */
function keysAreOn() {
  return localStorage.getItem(KEYS_SWITCH) !== "off";
}

function isVisible(element) {
  return element.getClientRects().length > 0;
}

function listKeys() {
  const rows = document.querySelector("[data-key-list]");
  rows.replaceChildren();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!isVisible(element)) continue;
    const row = rows.insertRow();
    const key = document.createElement("kbd");
    key.textContent = element.dataset.keyName || element.dataset.key.replace(/^[a-z]$/, (letter) => letter.toUpperCase());
    row.insertCell().append(key);
    const words = element.dataset.keyWords || element.getAttribute("aria-label") || element.innerText;
    row.insertCell().textContent = words.trim();
  }
  document.querySelector("[data-keys-switch]").checked = keysAreOn();
}

function isTyping(target) {
  return target.isContentEditable || Boolean(target.closest("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]") || !keysAreOn()) return;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Space and Enter belong to the button that has the focus.
  if ((pressed === " " || pressed === "Enter") && event.target.closest("a, button, summary, input")) return;
  for (const element of document.querySelectorAll("[data-key]")) {
    if (element.dataset.key === pressed && isVisible(element) && !element.disabled) {
      event.preventDefault();
      if (element.matches("input, textarea, select")) element.focus();
      else element.click();
      return;
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-keys-switch]")) {
    localStorage.setItem(KEYS_SWITCH, event.target.checked ? "on" : "off");
  }
});

/* --- Plain forms: a second click while the first is on its way does nothing. --------------------------------------- */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  if (form.csrfmiddlewaretoken && currentToken()) form.csrfmiddlewaretoken.value = currentToken();
});
// Coming back with the browser's Back button must find the form usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const region = document.getElementById("toasts");
for (const toast of region.children) closeSoon(toast);
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node instanceof HTMLElement) closeSoon(node);
  }
}).observe(region, { childList: true });
