// The timeouts of a stream, and the longest time that a timer can measure.

/** @import { StreamError } from './error.mjs' */

/** About 25 days. A longer timer overflows and fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** A timer that fires this late belongs to a page that was asleep. */
const LATE_MS = 1000;

/**
 * Resolves as `promise` does, or rejects with `timeout` when that takes longer than `ms`.
 *
 * The timers of a hidden or frozen page fire late, and data that arrived meanwhile is delivered after them. A late
 * timer therefore decides nothing: it gives the data a moment to arrive.
 *
 * @template T
 * @param {number | undefined} ms No limit if missing, or longer than a timer can be.
 * @param {'response' | 'idle'} phase
 * @param {Promise<T>} promise
 * @param {typeof StreamError} Failure
 * @returns {Promise<T>}
 */
export function withTimeout(ms, phase, promise, Failure) {
  if (!ms || ms > MAX_TIMER_MS) return promise;
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Failure('timeout', `Nothing arrived within ${ms} ms.`, { phase, ms }));
    const due = performance.now() + ms;
    let timer = setTimeout(() => {
      if (performance.now() - due < LATE_MS) expire();
      else timer = setTimeout(expire, Math.min(ms, LATE_MS));
    }, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
