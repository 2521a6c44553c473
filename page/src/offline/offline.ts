/** Tells when the page works without a network. */

export async function offline(told: (works: boolean) => void): Promise<void> {
  if (!("serviceWorker" in navigator)) return told(false);
  try {
    await navigator.serviceWorker.register(new URL("sw.js", document.baseURI));
    await navigator.serviceWorker.ready;
    told(true);
  } catch {
    told(false);
  }
}
