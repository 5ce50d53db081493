/* The empty room: it waits for the first clip and opens it. */

import { listenCard } from "./retake.js";
import { Queue } from "./queue.js";

const queue = new Queue({
  changed: () => {
    const first = document.querySelector("#queue-list [data-go]");
    if (first) location.assign(first.href);
  },
});
document.addEventListener("click", (event) => { if (event.target.closest("[data-act=queue]")) queue.toggle(); });
listenCard();
