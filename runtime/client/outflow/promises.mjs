// Promises: one that is settled from outside, one for a time, and one for a turn of the event loop.

/** A promise, and the functions that settle it. */
export function deferred() {
  /** @type {any} */
  let resolve;
  /** @type {any} */
  let reject;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/**
 * Waits until the time is over or the signal is aborted.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)));
  });
}

/**
 * Lets the event loop run other tasks. It uses a message where it can, because browsers throttle the timers of hidden
 * pages.
 *
 * @returns {Promise<void>}
 */
export function nextTask() {
  return new Promise(resolve => {
    if (!globalThis.MessageChannel) return void setTimeout(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });
}
