/* Talking to the server: fragments in, forms out, and a kind word when it does not answer. */

function token() {
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
  if (cookie) return cookie.slice("csrftoken=".length);
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return field ? field.value : "";
}

export function toast(text, kind = "info") {
  document.dispatchEvent(new CustomEvent("retake:toast", { detail: { text, kind } }));
}

export function announce(text) {
  const place = document.getElementById("announce");
  place.textContent = "";
  // A live region speaks only when its text changes after it has been emptied.
  requestAnimationFrame(() => { place.textContent = text; });
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/* Answers {status, nodes}; status 0 means that nobody answered. Never throws. */
export async function ask(url, { method = "GET", data = null, quiet = false, keepalive = false } = {}) {
  const headers = { "HX-Request": "true" };
  if (method === "POST") headers["X-CSRFToken"] = token();
  let response;
  try {
    response = await fetch(url, { method, headers, body: data, credentials: "same-origin", keepalive });
  } catch {
    if (!quiet) toast("The server could not be reached. Nothing was lost on this page; try again in a moment.", "error");
    return { status: 0, nodes: parsed("") };
  }
  if (response.status === 401) document.dispatchEvent(new CustomEvent("retake:signed-out"));
  const told = response.headers.get("X-Retake-Error");
  if (response.status >= 500 || response.status === 404 || (response.status === 403 && told)) {
    if (!quiet) toast(told ? decodeURIComponent(told) : sentenceFor(response.status), "error");
    return { status: response.status, nodes: parsed("") };
  }
  const nodes = parsed(response.status === 204 ? "" : await response.text());
  return { status: response.status, nodes };
}

function sentenceFor(status) {
  return status === 404
    ? "This is no longer there. Reload the page to see what changed."
    : "The server could not do this. What you typed is still here; try again.";
}

export const post = (url, data, more = {}) => ask(url, { method: "POST", data, ...more });

/* Put a fresh element in the place of the one with the same id, and let htmx look at it. */
export function replace(fresh) {
  const old = document.getElementById(fresh.id);
  if (!old) return null;
  const open = new Set([...document.querySelectorAll("details[data-keep-open][open]")].map((one) => one.id));
  const node = document.importNode(fresh, true);
  old.replaceWith(node);
  for (const one of node.querySelectorAll("details[data-keep-open]")) if (open.has(one.id)) one.open = true;
  window.htmx.process(node);
  return node;
}
