/* What has just changed, heard from the server: names only, for which each part of the page then asks as it always does.

   One connection serves all tabs of a browser: a browser opens six to a server at most, and six quiet tabs would leave
   none for the pages. The tab that holds the lock listens and tells the others. While nobody hears anything, parts of a
   page poll; while somebody does, their polls are rare.

   A part says what it is about: data-live="queue project:harbour", with hx-trigger="every 2s, retake:live". Scripts use
   window.retakeLive.on(names, refresh). */
"use strict";

window.retakeLive = (() => {
  const address = document.currentScript.dataset.address;
  const LOCK = "retake:live";
  // The server gives a sign of life every 15 s: a proxy that keeps it back is no line at all.
  const SILENT_MS = 40000;
  const AGAIN_MS = 15000;
  const HIDDEN_MS = 60000;
  const GAP_MS = 1000;
  const SLOW_MS = 30000;

  const others = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;
  const parts = [];
  const asked = new WeakMap();
  let up = false;
  let last = "";
  let source = null;
  let silence = null;
  let again = null;
  let release = null;
  let waiting = null;
  let leaving = null;
  let over = !address || !("EventSource" in window);

  /* --- hearing --- */

  function heard(names) {
    for (const part of parts) if (wants(part.names(), names)) soon(part);
    for (const element of document.querySelectorAll("[data-live]")) {
      if (wants(element.dataset.live.split(" "), names)) soon(partOf(element));
    }
  }

  /* "project:" stands for any project. */
  function wants(mine, names) {
    return mine.some((one) => names.some((name) => name === one || (one.endsWith(":") && name.startsWith(one))));
  }

  const elements = new WeakMap();
  function partOf(element) {
    if (!elements.has(element)) {
      elements.set(element, { refresh: () => element.isConnected && window.htmx.trigger(element, "retake:live") });
    }
    return elements.get(element);
  }

  /* At most once a second; what comes meanwhile is one refresh at its end. Nobody looks: it waits until somebody does. */
  function soon(part) {
    if (part.timer) return;
    if (document.hidden) { missed.add(part); return; }
    const wait = Math.max(0, (part.at || 0) + GAP_MS - Date.now());
    part.timer = setTimeout(() => {
      part.timer = null;
      part.at = Date.now();
      part.refresh();
    }, wait);
  }

  const missed = new Set();

  function state(now) {
    if (now === up) return;
    up = now;
    document.documentElement.dataset.liveUp = up ? "1" : "";
    // Between the page's making and this moment something may have changed unheard.
    if (up) everything();
  }

  function everything() {
    for (const part of parts) soon(part);
    for (const element of document.querySelectorAll("[data-live]")) soon(partOf(element));
  }

  /* --- the line, held by one tab --- */

  function tell(names) {
    others?.postMessage({ names, up, last });
    heard(names);
  }

  function connect() {
    clearTimeout(again);
    if (over) return;
    source = new EventSource(last ? `${address}?last=${last}` : address);
    const alive = (event) => {
      if (event.lastEventId) last = event.lastEventId;
      clearTimeout(silence);
      silence = setTimeout(broken, SILENT_MS);
      if (!up) { state(true); others?.postMessage({ up, last }); }
    };
    for (const kind of ["hello", "beat", "message"]) source.addEventListener(kind, alive);
    source.addEventListener("message", (event) => tell(event.data.split(" ")));
    // The browser tries again by itself, unless the server said no: it has listeners enough, or the session is over.
    source.addEventListener("error", () => { if (source && source.readyState === EventSource.CLOSED) broken(); });
    silence = setTimeout(broken, SILENT_MS);
  }

  function broken() {
    disconnect();
    // Not all at the same moment.
    if (release) again = setTimeout(connect, AGAIN_MS * (1 + Math.random()));
  }

  function disconnect() {
    clearTimeout(silence);
    clearTimeout(again);
    source?.close();
    source = null;
    if (up) { state(false); others?.postMessage({ up, last }); }
  }

  function join() {
    clearTimeout(leaving);
    if (over || release || waiting) return;
    if (!navigator.locks || !others) {
      // Without locks (plain http to another machine) every tab that is looked at has a line of its own.
      release = () => {};
      connect();
      return;
    }
    waiting = new AbortController();
    navigator.locks.request(LOCK, { signal: waiting.signal }, () => new Promise((done) => {
      waiting = null;
      release = done;
      connect();
    })).catch(() => {});
    others.postMessage({ who: true });
  }

  /* The lock goes to another tab, which hears on from the same place. */
  function leave() {
    clearTimeout(leaving);
    waiting?.abort();
    waiting = null;
    if (!release) return;
    const done = release;
    clearTimeout(silence);
    clearTimeout(again);
    source?.close();
    source = null;
    release = null;
    state(false);
    done();
  }

  others?.addEventListener("message", ({ data }) => {
    if (data.who) { if (release) others.postMessage({ up, last }); return; }
    if (release) return;
    last = data.last || last;
    state(data.up);
    if (data.names) heard(data.names);
  });

  document.addEventListener("visibilitychange", () => {
    const alone = !navigator.locks || !others;
    if (document.hidden) {
      // A tab in the background is put to sleep sooner or later, and must not be the one that listens for others.
      leaving = setTimeout(leave, alone ? 0 : HIDDEN_MS);
      return;
    }
    join();
    for (const part of missed) soon(part);
    missed.clear();
  });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { join(); everything(); } });
  document.addEventListener("retake:signed-out", () => { over = true; leave(); });

  /* --- what htmx polls: rarely while the line is up, not at all while nobody looks --- */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (!elt.matches("[data-live]")) return;
    const byClock = !requestConfig.triggeringEvent;
    const rests = up && Date.now() - (asked.get(elt) || 0) < SLOW_MS;
    if (byClock && (document.hidden || (rests && asked.has(elt)))) { event.preventDefault(); return; }
    asked.set(elt, Date.now());
  });

  if (!document.hidden) join();

  return {
    get up() { return up; },
    /* Call `refresh` when something of these names has changed; `names` is asked each time. */
    on(names, refresh) { parts.push({ names, refresh }); },
    /* The milliseconds until the next poll, where the usual are `usual`. */
    pause(usual) { return up ? Math.max(usual, SLOW_MS) : usual; },
  };
})();
