/* The service worker: shows what is pushed, and opens the page that it is about. It keeps nothing and answers no request. */
"use strict";

/* Browsers insist that every push is shown. Somebody who is looking at Retake just now is told without a sound. */
async function show(data) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const looking = windows.some((one) => one.focused);
  await self.registration.showNotification(data.title, {
    body: data.body,
    tag: data.tag,
    data: { url: data.url },
    silent: looking,
    icon: "/static/img/logo.svg",
  });
}

function read(event) {
  const usual = { title: "Retake", body: "Something waits for you.", tag: "retake", url: "/" };
  try {
    return { ...usual, ...event.data.json() };
  } catch {
    return usual;
  }
}

/* Only a page of this site: the message names a path, and nothing else is followed. */
function pageOf(url) {
  const page = new URL(url, self.location.origin);
  return page.origin === self.location.origin ? page.href : `${self.location.origin}/`;
}

async function open(url) {
  const page = pageOf(url);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const same = windows.find((one) => one.url === page);
  if (same) return same.focus();
  return self.clients.openWindow(page);
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(read(event))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url || "/"));
});
