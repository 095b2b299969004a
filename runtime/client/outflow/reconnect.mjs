// When to make a connection again that broke.

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
  return error.retryAfter ?? Math.random() * Math.min(base * 2 ** Math.max(failures - 1, 0), Math.max(base, most));
}

/**
 * Waits for so long, and then until an attempt can succeed.
 *
 * @param {number} ms
 * @param {AbortSignal} signal Ends the waiting.
 * @param {boolean | undefined} whenVisible Waits also for the page to be looked at.
 */
export async function pause(ms, signal, whenVisible) {
  await until(signal, over => {
    const timer = setTimeout(over, ms);
    return () => clearTimeout(timer);
  });
  if (globalThis.navigator?.onLine === false) await until(signal, on(globalThis, 'online'));
  if (whenVisible && globalThis.document?.hidden) await until(signal, on(document, 'visibilitychange'));
}

/**
 * @param {AbortSignal} signal
 * @param {(over: () => void) => () => void} start Begins to wait, and gives what ends that.
 * @returns {Promise<void>}
 */
function until(signal, start) {
  return new Promise(resolve => {
    const stop = start(over);
    function over() {
      stop();
      signal.removeEventListener('abort', over); // it lives as long as the stream
      resolve();
    }
    if (signal.aborted) over();
    signal.addEventListener('abort', over);
  });
}

/**
 * @param {EventTarget} target
 * @param {string} type
 */
function on(target, type) {
  return (/** @type {() => void} */ over) => {
    target.addEventListener(type, over);
    return () => target.removeEventListener(type, over);
  };
}
