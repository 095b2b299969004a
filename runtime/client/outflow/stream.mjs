// A streamed response as its caller sees it: handlers, iterator, result.

import { StreamError } from './error.mjs';
import { callAll, report } from './handlers.mjs';
import { parts } from './parts.mjs';
import { prepare } from './request.mjs';
import { connect } from './source.mjs';
import { promise, turn } from './waiting.mjs';

/**
 * @import { PacketInfo, RunHandle, StateChange, StreamOptions, StreamState } from '../index.js'
 * @import { Ending } from './source.mjs'
 */

/** For how long handlers may keep a page busy before it gets a turn. */
const SLICE_MS = 8;

/** From so many streams on, a browser may run out of connections: two are left for images, scripts and other tabs. */
const MANY = 4;

/** The URL of each stream that has not ended. @type {Map<object, string>} */
const running = new Map();

const nothing = () => {};

/**
 * Asks for a streamed response.
 *
 * @type {typeof import('../index.js').stream}
 */
export const stream = (target, options) => start(target, options);

stream.resume = (handle, options) => {
  const target = handle.run ?? handle.url;
  if (target == null) throw new TypeError('A handle needs `run` or `url`.');
  return start(target, { ...options, resumable: true }, { ...handle });
};

/**
 * Gives the stream. What each of its members promises is said in `index.d.ts`.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} [options]
 * @param {RunHandle} [resumed]
 * @returns {any}
 */
function start(target, options = {}, resumed) {
  const { url, signal, send } = prepare(target, options);
  const { decode, resumable } = options;
  const handle = resumed ?? (resumable ? { url, key: newKey(), cursor: 0 } : undefined);
  const startedAt = performance.now();
  const stats = { packets: 0, bytes: 0, firstPacketMs: /** @type {number | undefined} */ (undefined), attempts: 0 };
  /** @type {string | undefined} */
  let lastId;
  /** @type {StreamState} */
  let state = 'connecting';
  /** @type {((packet: any, info: PacketInfo) => unknown)[]} */
  const onProgress = [];
  /** @type {((change: StateChange) => unknown)[]} */
  const onState = [];
  /** Somebody waits for packets or for the end. */
  let wanted = false;
  /** Packets wait for somebody who wants them. */
  let held = false;
  let iterated = false;
  /** Somebody will learn of a failure. */
  let observed = false;
  let ended = false;

  // Handlers are reactions of one promise. So each of them runs exactly once, never within the call that adds it, and
  // one that is added late runs all the same.
  const outcome = promise();
  /** One step later, so that `always` comes after `done` and `fail` in whatever order they were added. */
  const after = outcome.promise.then(nothing, nothing);
  /** The head of the first response. */
  const head = promise();
  /** @type {Promise<any> | undefined} The two as callers have them, once one has asked. */
  let response;
  /** @type {Promise<any> | undefined} */
  let result;

  const source = connect(
    (signal, changes) => send(stats.attempts, signal, changes),
    options,
    handle,
    stats,
    head.resolve,
    enter,
  );
  head.promise.catch(nothing); // told to those who ask for it
  outcome.promise.catch(error => {
    // Silence would be worst. Leaving early, on the other hand, is no failure.
    after.then(() => state === 'failed' && !observed && report(error));
  });
  // Not before handlers have been added.
  Promise.resolve().then(() => {
    if (!ended) running.set(source, url);
    source.fill(); // an iterator may ask for nothing yet, but the request is made
    pump();
  });
  if (signal) {
    const follow = () => abort(signal.reason);
    if (signal.aborted) follow();
    signal.addEventListener('abort', follow);
    after.then(() => signal.removeEventListener('abort', follow)); // it may outlive many streams
  }

  /** @param {Omit<StateChange, 'previous'>} change */
  function enter(change) {
    const previous = state;
    state = change.state;
    callAll(onState, { ...change, previous });
    if (state === 'open' && running.size >= MANY) {
      // It is only a warning, so nothing comes of it if it can't be loaded or told.
      parts
        .crowd()
        .then(({ crowd }) => crowd([...running.values()], MANY))
        .catch(nothing);
    }
  }

  /**
   * Ends the stream, unless it has ended before.
   *
   * @param {Ending} ending
   */
  function end({ state, result, error }) {
    if (ended) return;
    ended = true;
    running.delete(source);
    const failed = state === 'failed';
    if (failed) {
      const { packets, bytes, attempts } = stats;
      Object.assign(error, { url, packets, bytes, attempt: attempts, lastId });
      if (error.code === 'parse') error.index = packets;
    }
    if (state === 'done') outcome.resolve(result);
    else outcome.reject(error);
    head.reject(error);
    // Where the server itself told the end, it also closes.
    if (state === 'done' || (failed && error.code === 'server')) source.linger();
    else source.close(error);
    enter(failed ? { state, error } : { state });
  }

  /** @param {unknown} reason */
  function abort(reason = new DOMException('The stream was aborted.', 'AbortError')) {
    end({ state: 'aborted', error: reason });
  }

  /** Takes what was found next: hands a packet to the handlers and returns it, or ends the stream. */
  function deliver() {
    const found = source.take();
    if ('state' in found) return end(found);
    const { data, event, id } = found;
    const info = { index: stats.packets, event, id };
    try {
      const packet = typeof decode === 'function' ? decode(data, info) : data;
      lastId = id;
      stats.packets += 1;
      stats.firstPacketMs ??= performance.now() - startedAt;
      return { packet, handled: callAll(onProgress, packet, info) };
    } catch (cause) {
      const error = new StreamError('parse', '`decode` refused a packet.', { raw: data, cause });
      end({ state: 'failed', error });
    }
  }

  /** Lets packets flow to the handlers, as long as no iterator pulls them. */
  async function pump() {
    let turnedAt = performance.now();
    while (!iterated && !ended) {
      const next = source.peek();
      if (!next) {
        await source.fill();
        continue; // an iterator may have come in the meantime, and this packet is for it
      }
      held = !wanted && Boolean(response) && !('state' in next);
      if (held) return;
      const handled = deliver()?.handled;
      if (handled) await handled;
      if (performance.now() - turnedAt > SLICE_MS) {
        await turn();
        turnedAt = performance.now();
      }
    }
  }

  /** Notes that somebody waits for packets or for the end. */
  function want() {
    wanted = true;
    if (held) pump();
    return self;
  }

  /** The head of the first response. Who waits for it learns why there is none. */
  function answered() {
    return head.promise.catch(error => {
      observed = true;
      throw error;
    });
  }

  /**
   * Keeps a promise that rejects because of `abort` from being reported as an unhandled rejection.
   *
   * @param {Promise<any>} promise
   */
  function quiet(promise) {
    after.then(() => state === 'aborted' && promise.catch(nothing));
    return promise;
  }

  const self = {
    get state() {
      return state;
    },
    get stats() {
      return { ...stats };
    },
    get result() {
      observed = true;
      want();
      return (result ??= quiet(outcome.promise.then()));
    },
    get response() {
      return (response ??= quiet(answered()));
    },
    get handle() {
      return handle && { ...handle, cursor: Number(lastId ?? handle.cursor) };
    },
    /** @param {(packet: any, info: PacketInfo) => unknown} handler */
    progress(handler) {
      onProgress.push(handler);
      return want();
    },
    /** @param {(result: any) => unknown} handler */
    done(handler) {
      outcome.promise.then(result => callAll([handler], result), nothing);
      return want();
    },
    /** @param {(error: any) => unknown} handler */
    fail(handler) {
      observed = true;
      outcome.promise.catch(error => callAll([handler], error));
      return want();
    },
    /** @param {() => unknown} handler */
    always(handler) {
      after.then(() => callAll([handler]));
      return want();
    },
    /** @param {(change: StateChange) => unknown} handler */
    onState(handler) {
      onState.push(handler);
      return self;
    },
    abort,
    async cancel() {
      if (!handle) throw new TypeError('Only a run can be cancelled: `resumable: true`.');
      await answered(); // it tells where the run is; `response` would hold packets back, and with them the end
      await source.stop();
    },
    // Where the platform has `using`, the end of the block ends the stream.
    [Symbol.dispose ?? Symbol()]: () => abort(),
    [Symbol.asyncIterator]() {
      if (iterated) throw new TypeError('A stream has only one iterator.');
      iterated = observed = true;
      /** The consumer has left, so the end is not thrown at it. */
      let left = false;
      const packets = (async function* () {
        try {
          while (!ended) {
            if (!source.peek()) await source.fill();
            const delivery = ended ? undefined : deliver();
            await delivery?.handled;
            if (delivery && !ended) yield delivery.packet;
          }
          return left ? undefined : await outcome.promise;
        } finally {
          abort();
        }
      })();
      // A generator answers a pending `next` before it looks at `return`, and the next packet may never come.
      const leave = packets.return.bind(packets);
      packets.return = value => {
        left = true;
        abort();
        return leave(value);
      };
      return packets;
    },
  };
  return self;
}

/** 128 random bits: the right to read a run and to cancel it. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
