// Where packets come from: one response, or several where a connection that broke is made again.

import { StreamError, asStreamError } from './error.mjs';
import { parts } from './parts.mjs';
import { httpError, open } from './response.mjs';
import { sleep } from './waiting.mjs';

/**
 * @import { Decoder, Sink, SseDecoder } from '../decoders.js'
 * @import { RunHandle, StateChange, StreamOptions } from '../index.js'
 * @import { lasting as makeLasting } from './lasting.mjs'
 * @import { Changes } from './request.mjs'
 */

/** @typedef {{ data: any, event?: string, id?: string }} Packet */
/** @typedef {{ state: 'done' | 'failed' | 'aborted', result?: any, error?: any }} Ending */
/** @typedef {typeof TOOLS} Tools */

/** How long a server that has sent the end may take to close the body. */
const LINGER_MS = 1000;
/** How long to wait at most before a part is asked for again. */
const PART_MS = 30_000;
/** What parts that are loaded later use of the client. */
const TOOLS = { StreamError, asStreamError, httpError };

/**
 * One read is always pending, because WebKit holds a piece back when there is none. No more than one piece is
 * decoded and one waits behind it, so a consumer that does not take makes the server wait.
 *
 * @param {(signal: AbortSignal, changes?: Changes) => Promise<Response>} send
 * @param {StreamOptions<any>} options
 * @param {RunHandle | undefined} handle
 * @param {{ bytes: number, attempts: number }} stats Counts what was read, and the requests that were made.
 * @param {(response: Response) => void} onHead
 * @param {(change: Omit<StateChange, 'previous'>) => void} onState
 */
export function connect(send, options, handle, stats, onHead, onState) {
  /** @type {(Packet | Ending)[]} */
  let found = [];
  let taken = 0;
  /** @type {Promise<void> | undefined} */
  let filling;
  /** Answers who waits. */
  let wake = () => {};
  let closed = false;

  /** @type {ReturnType<typeof makeLasting> | undefined} Watches over the connections, where an option asks for it. */
  let lasting;
  /** How often that could not be loaded. */
  let unloaded = 0;
  /** Ends the request, its body, and the wait for the next one. */
  let attempt = new AbortController();
  /** @type {(Decoder & Partial<SseDecoder>)} */
  let decoder;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} There while a response is open. */
  let reader;
  /** @type {Promise<ReadableStreamReadResult<Uint8Array>>} */
  let pending;
  /** @type {StreamError | undefined} What the attempt ended with. */
  let broken;

  /** @type {Sink} */
  const sink = {
    packet(data, event, id) {
      if (!lasting || lasting.takes(id)) found.push({ data, event, id });
    },
    done(result) {
      lasting?.takes(decoder.lastId);
      found.push({ state: 'done', result });
    },
  };

  async function findMore() {
    while (taken === found.length && !closed) {
      found = [];
      taken = 0;
      try {
        if (broken) await recover(broken);
        else if (reader) await readPiece();
        else await openNext();
      } catch (error) {
        // Looked at when all that came before it has been taken.
        broken = asStreamError(error, reader ? 'The connection broke.' : `There was no answer (${error}).`);
      }
    }
    filling = undefined;
    wake();
  }

  async function openNext() {
    const { signal } = attempt;
    if (handle || options.reconnect || options.idleTimeout || options.responseTimeout) {
      lasting ??= (await parts.lasting()).lasting(options, handle, TOOLS);
      if (closed) return; // it was left while that was loaded
    }
    stats.attempts += 1;
    const response = await within('response', send(signal, lasting?.request));
    lasting?.answered(response);
    onHead(response);
    const opened = await open(response, options);
    decoder = opened.decoder;
    reader = opened.body.getReader();
    if (closed) return disconnect(); // a `fetch` of the caller's own need not heed signals
    read();
    onState({ state: 'open' });
    lasting?.opened(signal, cancel);
  }

  /**
   * @template T
   * @param {'response' | 'idle'} phase
   * @param {Promise<T>} awaited
   */
  function within(phase, awaited) {
    return lasting ? lasting.within(phase, awaited) : awaited;
  }

  function read() {
    pending = within('idle', /** @type {NonNullable<typeof reader>} */ (reader).read());
    pending.catch(() => {}); // somebody looks at it later; until then it is no unhandled rejection
  }

  async function readPiece() {
    const { done, value } = await pending;
    if (done) {
      lasting?.ended(decoder);
      return decoder.end(sink);
    }
    read();
    stats.bytes += value.length;
    try {
      decoder.push(value, sink);
    } finally {
      lasting?.heard(decoder);
    }
  }

  /**
   * Ends the stream with what broke the connection, or waits until it can be made again.
   *
   * @param {StreamError} error
   */
  async function recover(error) {
    const delay = lasting ? lasting.after(error, stats.attempts) : beforePart(error);
    if (typeof delay !== 'number') return void found.push({ state: 'failed', error: delay });
    disconnect();
    attempt = new AbortController();
    broken = undefined;
    onState({ state: 'reconnecting', error, delay });
    await (lasting ? lasting.pause : sleep)(delay, attempt.signal);
  }

  /**
   * How long to wait before what makes connections again is asked for again. A stream that asks for it may begin
   * without a network.
   *
   * @param {StreamError} error
   */
  function beforePart(error) {
    const { reconnect } = options;
    const { delay = 1000, retries = Infinity } = Object(reconnect);
    if (!(handle || reconnect) || unloaded >= retries) return error;
    return Math.random() * Math.min(delay * 2 ** unloaded++, PART_MS);
  }

  function cancel() {
    reader?.cancel().catch(() => {}); // it tells of a failure that the read tells of too
  }

  /** @param {unknown} [reason] */
  function disconnect(reason) {
    cancel();
    reader = undefined;
    attempt.abort(reason);
  }

  return {
    /** What would be taken next; nothing before `fill` has been waited for. */
    peek: () => /** @type {Packet | Ending | undefined} */ (found[taken]),
    /** Waits until there is something to take. Several may wait at a time. It never rejects. */
    fill: () =>
      (filling ??= new Promise(resolve => {
        wake = resolve;
        findMore();
      })),
    /** Takes what was found next. Nothing comes after an ending. */
    take: () => found[taken++],
    /** Gives the request and the body up. */
    close(/** @type {unknown} */ reason) {
      closed = true;
      disconnect(reason);
      wake();
    },
    /**
     * Lets the body end by itself after the stream's last record. Cutting it off there would cost the connection,
     * and the server would think that its client had left.
     */
    linger() {
      closed = true;
      const timer = setTimeout(disconnect, LINGER_MS);
      const over = () => {
        clearTimeout(timer);
        disconnect();
      };
      pending.then(over, over);
    },
    /** Asks the server to stop the run. */
    stop: () => lasting?.cancel(changes => send(new AbortController().signal, changes)),
  };
}
