// A streamed response as its caller sees it: its state, its outcome, and the ways to its packets.

import { StreamError, asStreamError } from './error.mjs';
import { callAll, report } from './handlers.mjs';
import { iterate } from './iterate.mjs';
import { lazy } from './lazy.mjs';
import { unwatchPage, watchPage } from './leaving.mjs';
import { deferred, nextTask } from './promises.mjs';
import { prepare } from './request.mjs';
import { createSource } from './source.mjs';

/**
 * @import { Gap, PacketInfo, RunHandle, StateChange, StreamOptions, StreamState } from '../index.js'
 * @import { Ending } from './source.mjs'
 */

/** The time that handlers may keep the page busy before other tasks run. */
const SLICE_MS = 8;

/** With this many streams, two of a browser's six connections are left for images, scripts and other tabs. */
const WARNING_LIMIT = 4;

/** The URLs of the streams that have started and not ended. @type {Map<object, string>} */
const running = new Map();

const ignore = () => {};

/** Requests a streamed response. @type {typeof import('../index.js').stream} */
export const stream = (/** @type {any} */ target, /** @type {any} */ options = undefined) => start(target, options);

stream.resume = (handle, options) => {
  const { run, url, key, cursor } = Object(handle);
  const target = run ?? url;
  if (target == null || !/^[!-~]+$/.test(key ?? '') || !Number.isInteger(cursor)) {
    throw new TypeError('A handle needs `run` or `url`, `key` and `cursor`.');
  }
  return start(target, { ...options, resumable: true }, { ...handle });
};

/**
 * Starts the stream. `index.d.ts` describes what each member promises. They all work without `this`.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} [options]
 * @param {RunHandle} [resumed]
 * @returns {any}
 */
function start(target, options = {}, resumed) {
  const request = prepare(target, options);
  const { signal } = request;
  const { decode } = options;
  const startedAt = performance.now();
  // 128 random bits are the right to read a run and to cancel it.
  const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
  const handle = resumed ?? (options.resumable ? { url: request.url, key: newKey(), cursor: 0 } : undefined);
  /** @type {StreamState} */
  let state = 'connecting';
  /** @type {((change: StateChange) => unknown)[]} */
  const onState = [];
  /** @type {((packet: any, info: PacketInfo) => unknown)[]} */
  const onProgress = [];
  /** @type {((gap: Gap) => unknown)[]} */
  const onGap = [];
  /** @type {string | undefined} The id of the last packet. */
  let lastId;
  let isOver = false;
  /**
   * The consumer of the packets:
   *
   * - `nobody`: packets are dropped; only the outcome matters.
   * - `later`: only `response` was read. Packets wait for a consumer that may still come.
   * - `handlers`: packets flow.
   * - `iterator`: it pulls the packets, from then on.
   *
   * @type {'nobody' | 'later' | 'handlers' | 'iterator'}
   */
  let consumer = 'nobody';
  /** @type {(value?: any) => void} Lets packets flow that wait for a consumer. */
  let resume = ignore;
  /** Whether a failure will be noticed. Otherwise it is reported. */
  let isObserved = false;
  /** Whether `fail` was added. The promises for callers may then reject unnoticed. */
  let isHandled = false;

  // Handlers of the outcome are reactions of a promise. Each runs exactly once, never within the call that adds it, and
  // also if it is added late.
  const { promise: outcome, resolve, reject } = deferred();
  /** Resolves one step later, so that `always` comes after `done` and `fail`, whichever was added first. */
  const settled = outcome.then(ignore, ignore);
  /** @type {Promise<any> | undefined} The promises for callers, made when they are first read. */
  let result;
  /** @type {Promise<any> | undefined} */
  let response;

  const source = createSource(request, options, handle, enter);
  const { stats } = source;
  const head = source.head.promise;

  head.catch(ignore); // callers have a promise of their own
  outcome.catch(error => {
    // A failure must not go unnoticed. Aborting is not a failure.
    settled.then(() => state === 'failed' && !isObserved && report(error));
  });
  if (signal) {
    const follow = () => abort(signal.reason);
    signal.addEventListener('abort', follow);
    if (signal.aborted) follow();
    settled.then(() => signal.removeEventListener('abort', follow)); // the signal may outlive many streams
  }
  // Handlers that are added right after the call see every packet.
  queueMicrotask(() => {
    if (!isOver) {
      running.set(source, request.url);
      watchPage();
    }
    source.fill(); // makes the request even if an iterator does not pull yet
    flow().catch(error => end({ state: 'failed', error: asStreamError(error) }));
  });

  /** @param {Omit<StateChange, 'previous'>} change */
  function enter(change) {
    const previous = state;
    state = change.state;
    callAll(onState, { ...change, previous });
    if (state === 'open' && running.size >= WARNING_LIMIT) {
      // A warning that fails is ignored.
      lazy
        .warning()
        .then(({ warn }) => warn(running.values(), WARNING_LIMIT))
        .catch(ignore);
    }
  }

  /** @param {Ending} ending */
  function end({ state, result, error }) {
    if (isOver) return;
    isOver = true;
    running.delete(source);
    if (!running.size) unwatchPage();
    const failed = state === 'failed';
    if (failed) {
      const { packets, bytes, attempts } = stats;
      Object.assign(error, { url: request.url, packets, bytes, attempt: attempts, lastId });
      if (error.code === 'parse') error.index = packets;
    }
    if (state === 'done') resolve(result);
    else reject(error);
    // The server closes the connection itself after it has sent the end.
    if (state === 'done' || (failed && error.code === 'server')) source.linger();
    else source.close(error);
    enter(failed ? { state, error } : { state });
  }

  /** The head of the first response. A failure counts as noticed. */
  function observedHead() {
    return head.catch(error => {
      isObserved = true;
      throw error;
    });
  }

  /**
   * Keeps a promise from being an unhandled rejection because of `abort`, or of a failure that `fail` gets.
   *
   * @param {Promise<any>} promise
   */
  function quiet(promise) {
    settled.then(() => (isHandled || state === 'aborted') && promise.catch(ignore));
    return promise;
  }

  /** @param {unknown} reason */
  function abort(reason = new (globalThis.DOMException ?? Error)('The stream was aborted.', 'AbortError')) {
    end({ state: 'aborted', error: reason });
  }

  /**
   * Takes the next packet or gap and passes it to its handlers, or ends the stream.
   *
   * @returns {{ packet?: any, handled?: Promise<unknown> } | void}
   */
  function deliver() {
    if (isOver) return;
    const next = source.take();
    if (next.state) return end(next);
    const { data, event, id } = next;
    const info = { index: stats.packets, event, id };
    try {
      if (event === 'gap' && !options.end) {
        lastId = id;
        return { handled: callAll(onGap, data) };
      }
      const packet = typeof decode === 'function' ? decode(data, info) : data;
      lastId = id;
      stats.packets += 1;
      stats.firstPacketMs ??= performance.now() - startedAt;
      return { packet, handled: callAll(onProgress, packet, info) };
    } catch (cause) {
      const error = new StreamError('parse', '`decode` failed.', { raw: data, cause });
      end({ state: 'failed', error });
    }
  }

  /** Lets packets flow to the handlers, unless an iterator pulls them. */
  async function flow() {
    let sliceStart = performance.now();
    while (consumer !== 'iterator' && !isOver) {
      const next = source.peek();
      if (!next) {
        await source.fill();
      } else if (consumer === 'later' && !next.state) {
        await new Promise(resolve => (resume = resolve));
      } else {
        const handled = deliver()?.handled;
        if (handled) await handled;
        if (performance.now() - sliceStart > SLICE_MS) {
          await nextTask();
          sliceStart = performance.now();
        }
      }
    }
  }

  /** Waits for the next packet or gap and delivers it. Gives nothing when the stream has ended. */
  async function pull() {
    while (!isOver && !source.peek()) await source.fill();
    const delivered = deliver();
    await delivered?.handled;
    if (!isOver) return delivered;
  }

  /** Lets packets flow to the handlers. */
  function want() {
    if (consumer !== 'iterator') consumer = 'handlers';
    resume();
    return self;
  }

  const self = {
    // Copies and loggers read enumerable members, which the getters of a class are not. Two of these start something
    // when they are read, and one is a secret.
    __proto__: class {
      get result() {
        isObserved = true;
        want();
        return (result ??= quiet(outcome.then()));
      }
      get response() {
        if (consumer === 'nobody') consumer = 'later';
        return (response ??= quiet(observedHead()));
      }
      get handle() {
        if (!handle) return;
        // With `end` packets have no numbers, and are counted.
        return { ...handle, cursor: options.end ? handle.cursor + stats.packets : Number(lastId ?? handle.cursor) };
      }
    }.prototype,
    get state() {
      return state;
    },
    get stats() {
      return { ...stats };
    },
    /** @param {(packet: any, info: PacketInfo) => unknown} handler */
    progress(handler) {
      onProgress.push(handler);
      return want();
    },
    /** @param {(gap: Gap) => unknown} handler */
    gap(handler) {
      onGap.push(handler);
      return want();
    },
    /** @param {(result: any) => unknown} handler */
    done(handler) {
      outcome.then(result => callAll([handler], result), ignore);
      return want();
    },
    /** @param {(error: any) => unknown} handler */
    fail(handler) {
      isObserved = isHandled = true;
      outcome.catch(error => callAll([handler], error));
      return want();
    },
    /** @param {() => unknown} handler */
    always(handler) {
      settled.then(() => callAll([handler]));
      return want();
    },
    /** @param {(change: StateChange) => unknown} handler */
    onState(handler) {
      onState.push(handler);
      return self;
    },
    abort,
    reconnectNow: () => source.reconnectNow(),
    async cancel() {
      if (!handle) throw new TypeError('`cancel` needs `resumable: true`.');
      await observedHead(); // it names the run; reading `response` could hold packets back, and the end with them
      await source.cancel();
    },
    // Ends the stream with a `using` block, where the platform knows the symbol.
    [Symbol.dispose ?? Symbol()]: () => abort(),
    [Symbol.asyncIterator]() {
      if (consumer === 'iterator') throw new TypeError('A stream has one iterator.');
      consumer = 'iterator';
      isObserved = true;
      resume();
      return iterate(pull, abort, outcome);
    },
  };
  return self;
}
