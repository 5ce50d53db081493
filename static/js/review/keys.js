/* Keys that are more than "click the button that carries this letter"; those are the frame's own business. */

const KEYS_SWITCH = "retake:keys";

const isTyping = (target) => target.isContentEditable || Boolean(target.closest("textarea, select, input:not([type=checkbox], [type=radio])"));

export function listenKeys({ panel, pickTile, player, room, wall, act }) {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const take = (done) => { if (done !== false) { event.preventDefault(); event.stopPropagation(); } };
    if (event.key === "Escape") { escape(event, panel, player, wall, take); return; }
    if (isTyping(event.target)) return;
    if (wall.isOpen && event.key === " ") { take(wall.toggle()); return; }
    if (event.key === "Enter" && panel.isOpen && panel.root.contains(event.target) && !event.target.closest("button, a")) {
      take(panel.submit());
      return;
    }
    if (localStorage.getItem(KEYS_SWITCH) === "off") return;
    if (wall.isOpen && onWall(event, wall)) take();
    else if (event.shiftKey && event.key === "ArrowLeft") take(player.step(-10));
    else if (event.shiftKey && event.key === "ArrowRight") take(player.step(10));
    else if (event.key.toLowerCase() === "u") take(room.undoLatest());
    else if (/^[0-9]$/.test(event.key)) take(panel.isOpen ? panel.toggleTag(event.key) : pickTile(Number(event.key)));
    // A link or a button that was clicked with the mouse must not keep Space from playing.
    else if (event.key === " " && event.target.closest("a")) take(act("play"));
  }, true);

  // The buttons of the room are worked by mouse or by their letter: a click leaves the keys to the player.
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".bar button, .slate button, .verdict button, .finding button, .tile, .shot, .pill");
    if (button && event.detail > 0) button.blur();
  });
}

/* On the wall a number chooses; what is said of one clip waits until there is one. */
function onWall(event, wall) {
  const key = event.key.toLowerCase();
  if (key === "w") wall.close();
  else if (/^[0-9]$/.test(key)) wall.pick(Number(key));
  else return "anrscuegzx".includes(key);
  return true;
}

function escape(event, panel, player, wall, take) {
  const note = event.target.closest("[data-composer]");
  if (note) { event.target.blur(); take(); return; }
  if (event.target.closest("details[data-menu][open], [data-edit]")) return;
  if (wall.isOpen) take(wall.close());
  else if (panel.isOpen) take(panel.close());
  else if (document.body.classList.contains("side-open")) { document.body.classList.remove("side-open"); take(); }
  else if (player.hasRange) take(player.clearRange());
}
