// The two timeouts, and how long a timer can be.

/** @import { StreamError } from './error.mjs' */

/** About 25 days. A timer that is to run for longer runs at once. */
export const LONGEST_MS = 2 ** 31 - 1;

/** A timer that is later than this ran on a page that slept. */
const LATE_MS = 1000;

/**
 * Gives what is waited for, or rejects with `timeout` when it has not come within `ms`.
 *
 * Timers of a hidden or frozen page run late, and what came in the meantime is handed over after them. So a late
 * timer does not decide: it gives what is there a moment to arrive.
 *
 * @template T
 * @param {number | undefined} ms No limit where there is none, or where no timer is as long.
 * @param {'response' | 'idle'} phase
 * @param {Promise<T>} awaited
 * @param {typeof StreamError} Failure
 * @returns {Promise<T>}
 */
export function within(ms, phase, awaited, Failure) {
  if (!ms || ms > LONGEST_MS) return awaited;
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Failure('timeout', `Nothing came within ${ms} ms.`, { phase, ms }));
    const due = performance.now() + ms;
    let timer = setTimeout(() => {
      if (performance.now() - due < LATE_MS) expire();
      else timer = setTimeout(expire, Math.min(ms, LATE_MS));
    }, ms);
    awaited.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
