// The source of a stream's packets: one connection, or several where it reconnects.

import { StreamError, asStreamError } from './error.mjs';
import { untilStaying } from './leaving.mjs';
import { load } from './load.mjs';
import { deferred, sleep } from './promises.mjs';
import { decoderFor } from './decoder.mjs';
import { tools } from './tools.mjs';

/**
 * @import { Decoder, Sink, SseDecoder } from '../decoders.js'
 * @import { RunHandle, StateChange, StreamOptions } from '../index.js'
 * @import { prepare } from './request.mjs'
 * @import { Session } from './session.mjs'
 */

/** @typedef {{ data: any, event?: string, id?: string, state?: undefined }} Packet */
/** @typedef {{ state: 'done' | 'failed' | 'aborted', result?: any, error?: any, event?: undefined }} Ending */
/** @typedef {ReadableStreamDefaultReader<Uint8Array>} Reader */

/** @typedef {ReturnType<typeof createSource> & { put(item: Packet | Ending): void }} Source */

/** The time a server has to close the body after it has sent the end. */
const LINGER_MS = 1000;
/** How often a lazy module is loaded again. A deleted or blocked one would otherwise be requested for ever. */
const MAX_LOAD_RETRIES = 5;

/**
 * Gives the packets of a stream one by one, then its ending.
 *
 * One read is always pending: WebKit holds data back while there is none. At most one piece is decoded and one waits
 * behind it, so a slow consumer slows the server down.
 *
 * Its members are called on the object, because lazy modules replace some of them.
 *
 * @param {ReturnType<typeof prepare>} request
 * @param {StreamOptions<any>} options
 * @param {RunHandle | undefined} handle
 * @param {(change: Omit<StateChange, 'previous'>) => void} onState
 */
export function createSource(request, options, handle, onState) {
  const { reconnect, idleTimeout, responseTimeout, latest, shared } = options;
  const { send } = request;
  /** The source counts bytes and attempts here, the stream its packets. */
  const stats = { packets: 0, bytes: 0, firstPacketMs: /** @type {number | undefined} */ (undefined), attempts: 0 };
  /** The head of the first response. */
  const head = deferred();
  /** @type {(Packet | Ending)[]} */
  let queue = [];
  let taken = 0;
  let isFilling = false;
  /** @type {Promise<void> | undefined} Set while the consumer waits. */
  let waiting;
  let wake = () => {};
  let isClosed = false;

  /** Aborts the current attempt, the request and the body, or the wait before it. */
  let controller = new AbortController();
  /** @type {AbortController | undefined} Ends the wait before the next attempt. */
  let pause;
  // An attempt has three states. It connects while there is neither a reader nor a failure, reads while there is only a
  // reader, and recovers once there is a failure.
  /** @type {Reader | undefined} */
  let reader;
  /** @type {StreamError | undefined} */
  let failure;
  /** @type {Decoder & Partial<SseDecoder>} */
  let decoder;
  /** @type {Promise<ReadableStreamReadResult<Uint8Array>>} */
  let pending;

  /** @type {Session | undefined} Loaded if an option needs it. */
  let session;
  let failedLoads = 0;

  /** @type {Sink} */
  const sink = {
    packet(data, event, id) {
      if (!session || session.accept(id)) queue.push({ data, event, id });
    },
    done(result) {
      session?.accept(decoder.lastId);
      queue.push({ state: 'done', result });
    },
  };

  async function fillQueue() {
    isFilling = true;
    while (taken === queue.length && !isClosed) {
      queue = [];
      taken = 0;
      try {
        await (failure ? recover(failure) : reader ? decodeNext(reader) : connect());
      } catch (error) {
        // Handled once everything that was decoded before it has been taken.
        failure = asStreamError(error);
      }
    }
    isFilling = false;
    wake();
  }

  async function connect() {
    const { signal } = controller;
    if (handle || reconnect || idleTimeout || responseTimeout || latest || shared) {
      session ??= await (await load('session')).createSession(options, handle, tools, /** @type {Source} */ (self));
    }
    if (isClosed) return; // while it was loaded: it must not join other tabs any more
    const overrides = await session?.overrides;
    if (isClosed) return; // in the meantime
    const response = await withTimeout('response', send(++stats.attempts, signal, overrides));
    session?.onResponse(response);
    head.resolve(response);
    decoder = await decoderFor(response, options, session?.lastId);
    reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    if (isClosed) return disconnect(); // a custom `fetch` may ignore its signal
    read(reader);
    self.onState({ state: 'open' });
    session?.onOpen(signal, cancelBody);
  }

  /**
   * Starts the next read.
   *
   * @param {Reader} reader
   */
  function read(reader) {
    const next = reader.read().catch(cause => {
      throw new StreamError('network', 'The connection broke.', { cause });
    });
    pending = withTimeout('idle', next);
    pending.catch(() => {}); // handled when it is awaited; until then it must not count as unhandled
  }

  /**
   * Decodes the next piece of the body, or its end.
   *
   * @param {Reader} reader
   */
  async function decodeNext(reader) {
    const { done, value } = await pending;
    if (done) {
      session?.onEnd(decoder);
      return decoder.end(sink);
    }
    read(reader);
    stats.bytes += value.length;
    try {
      decoder.push(value, sink);
    } finally {
      session?.onIds(decoder);
    }
  }

  /**
   * @template T
   * @param {'response' | 'idle'} phase
   * @param {Promise<T>} promise
   */
  function withTimeout(phase, promise) {
    return session ? session.withTimeout(phase, promise) : promise;
  }

  /**
   * Waits for the next attempt, or ends the stream if there is none.
   *
   * @param {StreamError} error
   */
  async function recover(error) {
    const stays = untilStaying();
    await stays;
    pause = new AbortController(); // before `reconnect.when` decides, so that `reconnectNow` is not lost
    const delay =
      session && error.code !== 'load' ? await session.delay(error, stats.attempts, stays) : loadDelay(error);
    if (isClosed) return;
    if (typeof delay !== 'number') return void queue.push({ state: 'failed', error: delay });
    disconnect();
    failure = undefined;
    controller = pause;
    self.onState({ state: 'reconnecting', error, delay });
    await (session ? session.wait : sleep)(delay, pause.signal);
    controller = new AbortController();
    await untilStaying();
  }

  /**
   * Returns the milliseconds to wait before a lazy module is loaded again, or the error to fail with. A stream that
   * reconnects may start without a network, which does not count.
   *
   * @param {StreamError} error
   */
  function loadDelay(error) {
    const { delay = 1000, maxDelay = 30_000, retries = MAX_LOAD_RETRIES } = Object(reconnect);
    if (!(handle || reconnect) || failedLoads >= Math.min(retries, MAX_LOAD_RETRIES)) return error;
    const wait = Math.random() * Math.min(delay * 2 ** failedLoads, maxDelay);
    if (globalThis.navigator?.onLine !== false) failedLoads += 1;
    return wait;
  }

  function cancelBody() {
    reader?.cancel().catch(() => {}); // the pending read rejects with the same error
  }

  /** @param {unknown} [reason] */
  function disconnect(reason) {
    cancelBody();
    reader = undefined;
    controller.abort(reason);
  }

  const self = {
    url: request.url,
    stats,
    head,
    onState,
    disconnect,
    /** The next packet or the ending; `undefined` until `fill` has resolved. */
    peek: () => /** @type {Packet | Ending | undefined} */ (queue[taken]),
    /** Takes what `peek` shows. Nothing comes after an ending. */
    take: () => queue[taken++],
    /** Waits until there is something to take. Never rejects, and may be called while it waits. */
    fill: () =>
      (waiting ??= new Promise(resolve => {
        wake = () => resolve((waiting = undefined));
        if (!isFilling) fillQueue();
      })),
    /** Lets the consumer look again. */
    wake: () => wake(),
    /** Ends the wait before the next attempt, if there is one. */
    reconnectNow() {
      pause?.abort();
    },
    /** Ends the attempt at once. @param {unknown} reason */
    close(reason) {
      isClosed = true;
      disconnect(reason);
      head.reject(reason);
      wake();
    },
    /**
     * Gives the server time to close the body after it has sent the end. If the client closed it, the connection could
     * not be reused, and the server would see a client that left.
     */
    linger() {
      isClosed = true;
      sleep(LINGER_MS, controller.signal).then(disconnect);
      pending.then(disconnect, disconnect);
    },
    /** Asks the server to stop the run. */
    cancel: () => session?.cancel(overrides => send(stats.attempts, new AbortController().signal, overrides)),
  };
  return self;
}
