// How a stream ends: once, and for everybody who asks, early or late.

import { callAll, report } from './handlers.mjs';

/** @typedef {{ state: 'done' | 'failed' | 'aborted', result?: any, error?: any }} Ending */

const nothing = () => {};

/**
 * Handlers are reactions of one promise. So each of them runs exactly once, never within the call that adds it, and
 * one that is added late runs all the same.
 */
export function pendingOutcome() {
  /** @type {Ending | undefined} */
  let ending;
  /** Somebody will learn of a failure. */
  let observed = false;
  /** @type {(ending: Ending) => void} */
  let settle = nothing;
  /** @type {Promise<Ending>} It never rejects. */
  const settled = new Promise(resolve => (settle = resolve));
  /** One step later, so that `always` comes after `done` and `fail` in whatever order they were added. */
  const after = settled.then(nothing);
  /** @type {Promise<any> | undefined} */
  let result;

  /** @param {() => unknown} handler */
  function always(handler) {
    after.then(() => callAll([handler]));
  }

  /**
   * Keeps a promise that rejects because of `abort` from being reported as an unhandled rejection.
   *
   * @template T
   * @param {Promise<T>} promise
   */
  function quiet(promise) {
    always(() => {
      if (ending?.state === 'aborted') promise.catch(nothing);
    });
    return promise;
  }

  always(() => {
    // Silence would be worst. Leaving early, on the other hand, is no failure.
    if (ending?.state === 'failed' && !observed) report(ending.error);
  });

  return {
    always,
    quiet,
    settled,
    get ending() {
      return ending;
    },
    /** @param {Ending} how The stream ends; called once. */
    settle(how) {
      ending = how;
      settle(how);
    },
    /** Notes that somebody will learn of a failure. */
    observe() {
      observed = true;
    },
    /** @param {(result: any) => unknown} handler */
    done(handler) {
      settled.then(how => how.state === 'done' && callAll([handler], how.result));
    },
    /** @param {(error: any) => unknown} handler */
    fail(handler) {
      observed = true;
      settled.then(how => how.state !== 'done' && callAll([handler], how.error));
    },
    get result() {
      observed = true;
      return (result ??= quiet(settled.then(unwrap)));
    },
  };
}

/** @param {Ending} ending */
export function unwrap(ending) {
  if (ending.state === 'done') return ending.result;
  throw ending.error;
}
