// Whether the page is being left. Browsers cut its connections then, Firefox as soon as the navigation begins.

/** The time that a page may take to go after `beforeunload`. It stays if the link is a download, or the user says so. */
const LEAVE_MS = 10_000;

/** @type {Promise<void> | undefined} Set while the page is being left. Resolves if it stays, or comes back. */
let leaving;
let stay = () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {{ type: string }} event */
function follow({ type }) {
  clearTimeout(timer);
  if (type === 'pageshow') return stay();
  leaving ??= new Promise(resolve => {
    stay = () => resolve((leaving = undefined));
  });
  if (type === 'beforeunload') timer = setTimeout(stay, LEAVE_MS);
}

/** Listens to the page, if there is one. May be called repeatedly. */
export function watchPage() {
  for (const type of ['beforeunload', 'pagehide', 'pageshow']) globalThis.addEventListener?.(type, follow);
}

/** Removes the listener that keeps some browsers from caching the page. */
export function unwatchPage() {
  globalThis.removeEventListener?.('beforeunload', follow);
}

/** Resolves unless the page is being left, and otherwise once it stays. */
export const untilStaying = () => leaving;
