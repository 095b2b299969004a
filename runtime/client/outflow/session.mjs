// A stream that outlives its connections: timeouts, reconnecting and runs.

import { retryDelay, waitToRetry } from './reconnect.mjs';
import { Run } from './run.mjs';
import { withTimeout } from './timeout.mjs';

/**
 * @import { SseDecoder } from '../decoders.js'
 * @import { Source } from './source.mjs'
 * @import { ReconnectOptions, RunHandle, StreamOptions } from '../index.js'
 * @import { StreamError } from '../error.js'
 * @import { Overrides } from './request.mjs'
 * @import { Tools } from './tools.mjs'
 */

/** Characters that a header cannot hold (RFC 9110, section 5.5). */
const CONTROLS = /[^\t -~\x80-\xff]/;
/** The shortest `retry:` that counts. A server that asks for 0 would get requests without end once it is down. */
const MIN_RETRY_MS = 100;

/**
 * @typedef {Omit<ReturnType<typeof sessionOf>, 'overrides'> & { readonly overrides: Overrides | Promise<Overrides> }} Session
 */

/**
 * Follows the connections of one stream, one after another, with `shared` those of all tabs.
 *
 * @param {StreamOptions<any>} options
 * @param {RunHandle | undefined} handle
 * @param {Tools} tools
 * @param {Source} source
 * @returns {Promise<Session>}
 */
export async function createSession(options, handle, tools, source) {
  const session = sessionOf(options, handle, tools);
  const part = options.shared ? 'shared' : options.latest && 'ahead';
  return part ? (await tools.load(part)).extend(session, options, tools, source) : session;
}

/**
 * @param {StreamOptions<any>} options
 * @param {RunHandle | undefined} handle
 * @param {Tools} tools
 */
function sessionOf({ end, idleTimeout, responseTimeout, reconnect }, handle, tools) {
  const { StreamError, load } = tools;
  // For failures, while the server is there to send it.
  load('response').catch(() => {});
  /** @type {ReconnectOptions} */
  const { delay: base = 1000, maxDelay = 30_000, retries = Infinity, pauseWhenHidden, when } = Object(reconnect);
  const run = handle && new Run(handle, !!end, tools);
  const timeouts = { idle: idleTimeout, response: responseTimeout };
  const { document } = globalThis;

  /** Failed attempts since the last packet. */
  let failures = 0;
  /** Whether the connection ended as announced, which does not count as a failure. */
  let isExpected = false;
  /** The last event id: kept across connections, and empty until the server sets it. */
  let lastId = '';
  /** @type {number | undefined} The server's `retry:`, which replaces `delay`. */
  let retryMs;
  /** Whether the server has asked for the current wait. */
  let isAskedFor = false;

  return {
    /** The changes to the caller's request for the next attempt. @returns {Overrides} */
    get overrides() {
      const id = run ? run.lastId : asHeader(lastId);
      const overrides = run?.overrides;
      return id ? { ...overrides, headers: { ...overrides?.headers, 'last-event-id': id } } : { ...overrides };
    },

    /** The id that the next connection begins with. Packets of a run have numbers of their own. */
    get lastId() {
      return run ? '' : lastId;
    },

    /**
     * Resolves as `promise` does, or rejects with `timeout`.
     *
     * @template T
     * @param {'response' | 'idle'} phase
     * @param {Promise<T>} promise
     */
    withTimeout: (phase, promise) => withTimeout(timeouts[phase], phase, promise, StreamError),

    /** @param {Response} response */
    onResponse(response) {
      run?.onResponse(response);
    },

    /**
     * Closes the connection when the page is hidden, if that is asked for.
     *
     * @param {AbortSignal} signal Aborted when the connection ends.
     * @param {() => void} close
     */
    onOpen(signal, close) {
      if (!pauseWhenHidden || !document) return;
      const closeIfHidden = () => {
        if (!document.hidden) return;
        isExpected = true;
        close();
      };
      document.addEventListener('visibilitychange', closeIfHidden, { signal });
      closeIfHidden();
    },

    /**
     * Whether to deliver a packet.
     *
     * @param {string | undefined} id
     */
    accept(id) {
      const isAccepted = !run || run.accept(id);
      if (isAccepted) failures = 0;
      return isAccepted;
    },

    /** Keeps the last id and the reconnection time. @param {Partial<SseDecoder>} decoder */
    onIds({ lastId: id = lastId, retry }) {
      lastId = id;
      if (retry !== undefined) retryMs = Math.max(retry, MIN_RETRY_MS);
    },

    /** Notes that the body has ended cleanly. @param {Partial<SseDecoder>} decoder */
    onEnd({ leaving }) {
      if (isExpected) throw new StreamError('network', 'The page was hidden.', { retryAfter: 0 });
      isExpected = Boolean(leaving);
    },

    /**
     * Returns the milliseconds to wait before the next attempt, or the error to fail with.
     *
     * @param {StreamError} error
     * @param {number} attempts
     * @param {unknown} isBack Whether the page was about to be left, and stayed: the network is there.
     */
    async delay(error, attempts, isBack) {
      let mayRetry = run ? run.canRetry(error) : reconnect && error.retryable;
      // A run that is over stays over, and an end that was announced is no failure.
      if (when && mayRetry !== undefined && !isExpected) {
        try {
          mayRetry = await when(error, attempts);
        } catch (cause) {
          const message = `\`reconnect.when\` failed (${cause}) after: ${error.message}`;
          return new StreamError('request', message, { cause });
        }
      }
      if (!mayRetry) return error;
      if (!isExpected && ++failures > retries) {
        const message = `The connection broke ${failures} times without a packet: ${error.message}`;
        return new StreamError('retries', message, { attempts, cause: error });
      }
      isAskedFor = isExpected || error.retryAfter !== undefined;
      isExpected = false;
      return isBack && !isAskedFor ? 0 : retryDelay(error, failures, retryMs ?? base, maxDelay);
    },

    /** Waits for the delay, and then until an attempt can succeed. @param {number} ms @param {AbortSignal} signal */
    wait: (ms, signal) => waitToRetry(ms, signal, !isAskedFor, pauseWhenHidden),

    /** Asks the server to stop the run. @param {(overrides: Overrides) => Promise<Response>} send */
    cancel: send => /** @type {Run} */ (run).cancel(send),
  };
}

/**
 * An id as a header: a string with one letter for each byte of its UTF-8. Empty if a header cannot hold it.
 *
 * @param {string} id
 */
function asHeader(id) {
  const bytes = Array.from(new TextEncoder().encode(id), byte => String.fromCharCode(byte)).join('');
  return CONTROLS.test(bytes) ? '' : bytes;
}
