/* The import: a download does not leave the page, so its button can be pressed again. */
"use strict";

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-download]")) return;
  // After every listener of this submit, among them the one that stops a second click.
  setTimeout(() => delete event.target.dataset.sent);
});
