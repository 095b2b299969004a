// Calls of user code. Exceptions in it are reported and stop nothing.

/**
 * Reports an unhandled error, as browsers report an exception in an event listener.
 *
 * @param {unknown} error
 */
export function report(error) {
  // Looked up each time: Node 20 has no `reportError`, and a page may replace it.
  (globalThis.reportError ?? console.error)(error);
}

/**
 * Calls every handler.
 *
 * @template {unknown[]} A
 * @param {Iterable<(...args: A) => any>} handlers
 * @param {A} args
 * @returns {Promise<unknown> | undefined} Resolves when all promises that handlers returned are settled. Never rejects.
 */
export function callAll(handlers, ...args) {
  /** @type {PromiseLike<unknown>[] | undefined} */
  let promises;
  for (const handler of handlers) {
    try {
      const returned = handler(...args);
      if (returned?.then) (promises ??= []).push(returned.then(undefined, report));
    } catch (error) {
      report(error);
    }
  }
  return promises && Promise.all(promises);
}
