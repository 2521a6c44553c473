/** Keeps the page on the device: it opens, and cloaks, without a network. What concerns accounts is never kept. */
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;

/** The build puts its own files and their digest here. */
const FILES = "__FILES__" as unknown as string[];
const NAME = "page-__DIGEST__";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => Promise.all(names.filter((n) => n !== NAME).map((n) => caches.delete(n))));
  event.waitUntil(old.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || path.includes("/v1/")) return;
  event.respondWith(
    caches.match(request, { ignoreSearch: true, cacheName: NAME }).then((kept) => kept ?? fetch(request)),
  );
});
