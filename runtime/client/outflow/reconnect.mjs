// The time to reconnect.

import { MAX_TIMER_MS } from './timeout.mjs';

/** @import { StreamError } from '../error.js' */

/**
 * Returns the milliseconds to wait before the next attempt. A delay that the server names is used as it is. Any other
 * is exponential with full jitter, so that the clients of a server that went down do not all return at once.
 *
 * @param {StreamError} error What ended the last attempt.
 * @param {number} failures Failed attempts since the last packet.
 * @param {number} base
 * @param {number} max
 */
export function retryDelay(error, failures, base, max) {
  const doubled = Math.min(base * 2 ** Math.max(failures - 1, 0), Math.max(base, max));
  return Math.min(error.retryAfter ?? Math.random() * doubled, MAX_TIMER_MS);
}

/**
 * Waits for the delay, and then until an attempt can succeed: online, and visible if that is asked for.
 *
 * @param {number} ms
 * @param {AbortSignal} signal Ends the wait.
 * @param {boolean} canWake Whether the delay ends early when the network or the page is back.
 * @param {boolean | undefined} untilVisible
 */
export async function waitToRetry(ms, signal, canWake, untilVisible) {
  const { document, navigator } = globalThis;
  await until(signal, (resolve, listening) => {
    const timer = setTimeout(resolve, ms);
    listening.signal.addEventListener('abort', () => clearTimeout(timer));
    if (!canWake) return;
    for (const type of ['online', 'pageshow']) globalThis.addEventListener?.(type, resolve, listening);
    document?.addEventListener('visibilitychange', () => document.hidden || resolve(), listening);
  });
  if (navigator?.onLine === false) {
    await until(signal, (resolve, listening) => addEventListener('online', resolve, listening));
  }
  if (untilVisible && document?.hidden) {
    await until(signal, (resolve, listening) => document.addEventListener('visibilitychange', resolve, listening));
  }
}

/**
 * Waits for an event or for the signal.
 *
 * @param {AbortSignal} signal
 * @param {(resolve: () => void, listening: { signal: AbortSignal }) => unknown} listen Listens until the wait is over.
 * @returns {Promise<void>}
 */
function until(signal, listen) {
  return new Promise(resolve => {
    if (signal.aborted) return resolve();
    const listening = new AbortController();
    const end = () => {
      listening.abort();
      resolve();
    };
    signal.addEventListener('abort', end, listening);
    listen(end, listening);
  });
}
