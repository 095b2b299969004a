// When to make a connection again that broke.

import { LONGEST_MS } from './timing.mjs';

/** @import { StreamError } from '../error.js' */

/**
 * How long to wait, in milliseconds. The server's word counts as it is; otherwise it is a random part of a time that
 * doubles, so that a thousand clients of a server that fell do not all come back at once.
 *
 * @param {StreamError} error What the last attempt ended with.
 * @param {number} failures How many attempts have failed since the last packet.
 * @param {number} base
 * @param {number} most
 */
export function delayBefore(error, failures, base, most) {
  const doubled = Math.min(base * 2 ** Math.max(failures - 1, 0), Math.max(base, most));
  return Math.min(error.retryAfter ?? Math.random() * doubled, LONGEST_MS);
}

/**
 * Waits for so long, and then until an attempt can succeed.
 *
 * @param {number} ms
 * @param {AbortSignal} signal Ends the waiting.
 * @param {boolean | undefined} whenVisible Waits also for the page to be looked at.
 */
export async function pause(ms, signal, whenVisible) {
  const { document, navigator } = globalThis;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  await until(signal, over => (timer = setTimeout(over, ms)));
  clearTimeout(timer);
  if (navigator?.onLine === false) await until(signal, over => addEventListener('online', over, { signal }));
  if (whenVisible && document?.hidden) {
    await until(signal, over => document.addEventListener('visibilitychange', over, { signal }));
  }
}

/**
 * @param {AbortSignal} signal
 * @param {(over: () => void) => unknown} start Begins to wait.
 * @returns {Promise<void>}
 */
function until(signal, start) {
  return new Promise(over => {
    if (signal.aborted) return over();
    signal.addEventListener('abort', () => over());
    start(over);
  });
}
