// What lets a stream last: timeouts, connections that are made again, and runs. Loaded where an option asks for it.

import { delayBefore, pause } from './reconnect.mjs';
import { Run } from './run.mjs';
import { within } from './timing.mjs';

/**
 * @import { Decoder, SseDecoder } from '../decoders.js'
 * @import { ReconnectOptions, RunHandle, StreamOptions } from '../index.js'
 * @import { StreamError } from './error.mjs'
 * @import { Changes } from './request.mjs'
 * @import { Tools } from './source.mjs'
 */

/** A server that asks for no wait at all is not to be asked without end by clients that it has lost. */
const LEAST_ASKED_MS = 100;

/**
 * Watches over the connections of one stream.
 *
 * @param {StreamOptions<any>} options
 * @param {RunHandle | undefined} handle
 * @param {Tools} tools
 */
export function lasting({ idleTimeout, responseTimeout, reconnect }, handle, tools) {
  const { StreamError } = tools;
  /** @type {ReconnectOptions} */
  const { delay: base = 1000, maxDelay = 30_000, retries = Infinity, pauseWhenHidden } = Object(reconnect);
  const run = handle && new Run(handle, tools);
  const limits = { idle: idleTimeout, response: responseTimeout };
  const { document } = globalThis;

  /** Attempts that broke since the last packet. */
  let failures = 0;
  /** The end of this connection was to be expected, so it is no failure. */
  let announced = false;
  /** @type {string | undefined} The last id that came. */
  let lastId;
  /** @type {number | undefined} What the server asks for in place of `delay`. */
  let asked;

  return {
    /** What the next request has in place of what the caller said. @returns {Changes} */
    get request() {
      return { ...run?.request, lastId: run ? run.lastId : lastId };
    },

    /**
     * Gives what is waited for, or rejects with `timeout`.
     *
     * @template T
     * @param {'response' | 'idle'} phase
     * @param {Promise<T>} awaited
     */
    within: (phase, awaited) => within(limits[phase], phase, awaited, StreamError),

    /** @param {Response} response */
    answered(response) {
      run?.locate(response);
    },

    /**
     * Watches whether the page is hidden, while the connection is there.
     *
     * @param {AbortSignal} signal
     * @param {() => void} close
     */
    opened(signal, close) {
      if (!pauseWhenHidden || !document) return;
      const leaveIfHidden = () => {
        if (!document.hidden) return;
        announced = true;
        close();
      };
      document.addEventListener('visibilitychange', leaveIfHidden, { signal });
      leaveIfHidden();
    },

    /**
     * Whether a packet is to be handed on.
     *
     * @param {string | undefined} id
     */
    takes(id) {
      const isNext = !run || run.isNext(id);
      if (isNext) failures = 0;
      return isNext;
    },

    /** Notes what a decoder has read beside packets. @param {Decoder & Partial<SseDecoder>} decoder */
    heard({ lastId: id, retry }) {
      lastId = id || lastId;
      if (retry !== undefined) asked = Math.max(retry, LEAST_ASKED_MS);
    },

    /** Notes that the body has ended cleanly. @param {Decoder & Partial<SseDecoder>} decoder */
    ended({ leaving }) {
      if (announced) throw new StreamError('network', 'The page was hidden.', { retryAfter: 0 });
      announced = Boolean(leaving);
    },

    /**
     * How long to wait before the next attempt. There is none where it gives nothing, or an error in place of this one.
     *
     * @param {StreamError} error
     * @param {number} attempts
     */
    after(error, attempts) {
      if (!(run ? run.goesOn(error) : reconnect && error.retryable)) return error;
      if (!announced && ++failures > retries) {
        const message = `The connection broke ${failures} times without a packet: ${error.message}`;
        return new StreamError('retries', message, { attempts, cause: error });
      }
      announced = false;
      return delayBefore(error, failures, asked ?? base, maxDelay);
    },

    /** Waits so long, and then until an attempt can succeed. @param {number} ms @param {AbortSignal} signal */
    pause: (ms, signal) => pause(ms, signal, pauseWhenHidden),

    /** Asks the server to stop the run. @param {(changes: Changes) => Promise<Response>} send */
    cancel: send => /** @type {Run} */ (run).cancel(send),
  };
}
