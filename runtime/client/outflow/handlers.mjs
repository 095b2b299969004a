// Calls to code that is not ours. Nothing it throws may stop a stream, and nothing it throws is swallowed.

/**
 * Reports an error that nobody takes, as an event listener's exception is reported.
 *
 * @param {unknown} error
 */
export function report(error) {
  // Looked up each time: Node 20 has no `reportError`, and a page may bring its own.
  (globalThis.reportError ?? console.error)(error);
}

/**
 * Calls every handler.
 *
 * @template {unknown[]} A
 * @param {Iterable<(...args: A) => any>} handlers
 * @param {A} args
 * @returns {Promise<unknown> | undefined} What to wait for, where a handler returned a promise. It never rejects.
 */
export function callAll(handlers, ...args) {
  /** @type {PromiseLike<unknown>[] | undefined} */
  let waits;
  for (const handler of handlers) {
    try {
      const returned = handler(...args);
      if (returned?.then) (waits ??= []).push(returned.then(undefined, report));
    } catch (error) {
      report(error);
    }
  }
  return waits && Promise.all(waits);
}
