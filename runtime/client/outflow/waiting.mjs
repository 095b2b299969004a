// Ways to wait: for whoever settles a promise, for some time, and for what else the page has to do.

/** A promise, and what settles it. */
export function promise() {
  /** @type {(value: any) => void} */
  let resolve = () => {};
  /** @type {(error: unknown) => void} */
  let reject = () => {};
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

/**
 * Waits for so long, or until the signal is aborted.
 *
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise(over => {
    const timer = setTimeout(over, signal.aborted ? 0 : ms);
    signal.addEventListener('abort', () => over(clearTimeout(timer)));
  });
}

/**
 * Lets the event loop do what else is waiting. By a message, because timers are held back on hidden pages.
 *
 * @returns {Promise<void>}
 */
export function turn() {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });
}
