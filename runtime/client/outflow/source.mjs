// The source of a stream's packets: one connection, or several where it reconnects.

import { StreamError, asStreamError } from './error.mjs';
import { untilStaying } from './leaving.mjs';
import { load } from './load.mjs';
import { deferred, nextTask, sleep } from './promises.mjs';
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
/**
 * @typedef {{
 *   url: string,
 *   head: { resolve(response: Response): void },
 *   onState(change: Omit<StateChange, 'previous'>): void,
 *   put(item: Packet | Ending): void,
 *   disconnect(): void,
 *   reconnectNow(): void,
 * }} Tab
 */

/** The time a server has to close the body after it has sent the end. */
const LINGER_MS = 1000;
/** How often a lazy module is loaded again. A deleted or blocked one would otherwise be requested for ever. */
const MAX_LOAD_RETRIES = 5;

/** Whether `latest` may skip it: neither an ending nor a gap. @param {Packet | Ending} item */
const isSkippable = ({ state, event }) => !state && event !== 'gap';

/**
 * Gives the packets of a stream one by one, then its ending.
 *
 * One read is always pending: WebKit holds data back while there is none. At most one piece is decoded and one waits
 * behind it, so a slow consumer slows the server down. With `latest` and `shared` all that arrives is read; with
 * `latest` only the newest packet then waits.
 *
 * @param {ReturnType<typeof prepare>} request
 * @param {StreamOptions<any>} options
 * @param {RunHandle | undefined} handle
 * @param {(change: Omit<StateChange, 'previous'>) => void} onState
 */
export function createSource(request, options, handle, onState) {
  const { latest, reconnect, shared } = options;
  const { send } = request;
  const isEager = latest || shared;
  /** The source counts bytes and attempts here, the stream its packets. */
  const stats = { packets: 0, bytes: 0, firstPacketMs: /** @type {number | undefined} */ (undefined), attempts: 0 };
  /** The head of the first response. */
  const head = deferred();
  /** @type {(Packet | Ending)[]} */
  let queue = [];
  let taken = 0;
  /** @type {Promise<void> | undefined} Set while the consumer waits. */
  let filling;
  let onFilled = () => {};
  let isReading = false;
  /** Whether the queue shows what there is. With `latest`, what has arrived is read first. */
  let isFresh = !latest;
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
      const packet = { data, event, id };
      if (!session || session.accept(id, packet)) put(packet);
    },
    done(result) {
      /** @type {Ending} */
      const ending = { state: 'done', result };
      session?.accept(decoder.lastId, ending);
      put(ending);
    },
  };

  /** @param {Packet | Ending} item */
  function put(item) {
    if (latest && isSkippable(item)) queue = queue.filter(other => !isSkippable(other));
    queue.push(item);
    if (isEager) onFilled();
  }

  /** Reads until there is something to take, or with `isEager` until the end. May be called while it reads. */
  async function read() {
    if (isReading) return;
    isReading = true;
    while ((isEager ? !queue.at(-1)?.state : taken === queue.length) && !isClosed) {
      if (!isEager) {
        queue = [];
        taken = 0;
      }
      try {
        await (failure ? recover(failure) : reader ? decodeNext(reader) : connect());
      } catch (error) {
        // Handled once everything that was decoded before it has been taken.
        failure = asStreamError(error);
      }
    }
    isReading = false;
    onFilled();
  }

  async function connect() {
    const { signal } = controller;
    if (handle || reconnect || shared || options.idleTimeout || options.responseTimeout) {
      session ??= await (await load('session')).createSession(options, handle, tools, shared && tab);
      if (isClosed) return; // while the module was loaded
    }
    const overrides = await session?.overrides;
    if (isClosed) return; // while another tab read
    const response = await withTimeout('response', send(++stats.attempts, signal, overrides));
    session?.onResponse(response);
    head.resolve(response);
    decoder = await decoderFor(response, options, session?.lastId);
    reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    if (isClosed) return disconnect(); // a custom `fetch` may ignore its signal
    readPiece(reader);
    onState({ state: 'open' });
    session?.onOpen(signal, cancelBody);
  }

  /**
   * Asks for the next piece of the body.
   *
   * @param {Reader} reader
   */
  function readPiece(reader) {
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
    readPiece(reader);
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
    onState({ state: 'reconnecting', error, delay });
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

  /** Ends the wait before the next attempt, if there is one. */
  function reconnectNow() {
    pause?.abort();
    session?.reconnectNow?.();
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

  /** What this stream does on behalf of other tabs. */
  const tab = { url: request.url, head, onState, put, disconnect, reconnectNow };

  return {
    stats,
    response: head.promise,
    read,
    /** The next packet or the ending; `undefined` until `fill` has resolved. */
    peek: () => /** @type {Packet | Ending | undefined | false} */ (isFresh && queue[taken]),
    /** Takes what `peek` shows. Nothing comes after an ending. */
    take() {
      isFresh = !latest;
      return /** @type {Packet | Ending} */ (isEager ? queue.shift() : queue[taken++]);
    },
    /** Waits until there is something to take. Never rejects, and may be called while it waits. */
    async fill() {
      read();
      if (!queue[taken]) {
        await (filling ??= new Promise(resolve => {
          onFilled = () => resolve((filling = undefined));
        }));
      }
      if (latest) await nextTask(); // until all that has arrived is read
      isFresh = true;
    },
    reconnectNow,
    /** Ends the attempt at once. @param {unknown} reason */
    close(reason) {
      isClosed = true;
      session?.close?.();
      disconnect(reason);
      head.reject(reason);
      onFilled();
    },
    /**
     * Gives the server time to close the body after it has sent the end. If the client closed it, the connection could
     * not be reused, and the server would see a client that left.
     */
    linger() {
      isClosed = true;
      session?.close?.();
      sleep(LINGER_MS, controller.signal).then(disconnect);
      pending?.then(disconnect, disconnect); // another tab may have read the end
    },
    /** Asks the server to stop the run. */
    cancel: () => session?.cancel(overrides => send(stats.attempts, new AbortController().signal, overrides)),
  };
}
