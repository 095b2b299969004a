// Where packets come from: one response, or several where a connection that broke is made again.

import { StreamError, asStreamError } from './error.mjs';
import { delayBefore, pause } from './reconnect.mjs';
import { open } from './response.mjs';
import { within } from './timing.mjs';

/**
 * @import { Decoder, Sink, SseDecoder } from '../decoders.js'
 * @import { ReconnectOptions, StateChange, StreamOptions } from '../index.js'
 * @import { Ending } from './outcome.mjs'
 * @import { Run } from './run.mjs'
 */

/** @typedef {{ data: any, event?: string, id?: string }} Packet */

/**
 * What a stream wants to know of its source.
 *
 * @typedef {object} Listener
 * @property {(response: Response) => void} onHead
 * @property {(bytes: number) => void} onBytes
 * @property {(change: Omit<StateChange, 'previous'>) => void} onState
 */

/** How long a server that has sent the end may take to close the body. */
const LINGER_MS = 1000;

/**
 * One read is always pending, because WebKit holds a piece back when there is none. No more than one piece is
 * decoded and one waits behind it, so a consumer that does not take makes the server wait.
 *
 * @param {(attempt: number, signal: AbortSignal, lastId: string | undefined) => Promise<Response>} send
 * @param {StreamOptions<any>} options
 * @param {Run | undefined} run
 * @param {Listener} listener
 */
export function connect(send, options, run, { onHead, onBytes, onState }) {
  const { idleTimeout, responseTimeout, reconnect } = options;
  /** @type {ReconnectOptions} */
  const { delay = 1000, maxDelay = 30_000, retries = Infinity, pauseWhenHidden } = Object(reconnect);
  const closed = new AbortController();

  /** @type {(Packet | Ending)[]} */
  let found = [];
  let taken = 0;
  /** @type {Promise<void> | undefined} */
  let filling;
  /** Answers who waits. */
  let wake = () => {};

  let attempts = 0;
  /** Attempts that broke since the last packet. */
  let failures = 0;
  /** @type {AbortController} */
  let attempt;
  /** @type {(Decoder & Partial<SseDecoder>)} */
  let decoder;
  /** @type {ReadableStreamDefaultReader<Uint8Array> | undefined} There while a response is open. */
  let reader;
  /** @type {Promise<ReadableStreamReadResult<Uint8Array>>} */
  let pending;
  /** @type {StreamError | undefined} What the attempt ended with. */
  let broken;
  /** The end of this connection was to be expected, so it is no failure. */
  let announced = false;
  /** @type {string | undefined} */
  let lastId = run?.lastId;
  let base = delay;

  /** @type {Sink} */
  const sink = {
    packet(data, event, id) {
      if (run && !run.isNext(id)) return;
      failures = 0;
      found.push({ data, event, id });
    },
    done(result) {
      run?.isNext(decoder.lastId);
      found.push({ state: 'done', result });
    },
  };

  async function findMore() {
    while (taken === found.length && !closed.signal.aborted) {
      found = [];
      taken = 0;
      try {
        if (broken) await recover(broken);
        else if (reader) await readPiece(reader);
        else await openNext();
      } catch (error) {
        // Looked at when all that came before it has been taken.
        broken = asStreamError(error, reader ? 'The connection broke.' : 'There was no answer.');
      }
    }
    filling = undefined;
  }

  async function openNext() {
    attempt = new AbortController();
    attempts += 1;
    const response = await within(responseTimeout, 'response', send(attempts, attempt.signal, lastId));
    run?.locate(response);
    onHead(response);
    const opened = await open(response, options);
    decoder = opened.decoder;
    reader = opened.body.getReader();
    if (closed.signal.aborted) return disconnect(); // a `fetch` of the caller's own need not heed signals
    read(reader);
    onState({ state: 'open' });
    leaveIfHidden();
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  function read(reader) {
    pending = within(idleTimeout, 'idle', reader.read());
    pending.catch(() => {}); // somebody looks at it later; until then it is no unhandled rejection
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async function readPiece(reader) {
    const { done, value } = await pending;
    if (announced) throw new StreamError('network', 'The page was hidden.', { retryAfter: 0 });
    if (done) {
      announced = Boolean(decoder.leaving);
      return decoder.end(sink);
    }
    read(reader);
    onBytes(value.length);
    try {
      decoder.push(value, sink);
    } finally {
      lastId = run?.lastId ?? (decoder.lastId || lastId);
      base = decoder.retry ?? base;
    }
  }

  /**
   * Ends the stream with what broke the connection, or waits until it can be made again.
   *
   * @param {StreamError} error
   */
  async function recover(error) {
    run?.look(error, decoder?.lastId);
    if (!(run ? run.goesOn(error) : reconnect && error.retryable)) {
      found.push({ state: 'failed', error });
    } else if (!announced && ++failures > retries) {
      const message = `The connection broke ${failures} times without a packet in between: ${error.message}`;
      found.push({ state: 'failed', error: new StreamError('retries', message, { attempts, cause: error }) });
    } else {
      disconnect();
      broken = undefined;
      announced = false;
      const delay = delayBefore(error, failures, base, maxDelay);
      onState({ state: 'reconnecting', error, delay });
      await pause(delay, closed.signal, pauseWhenHidden);
    }
  }

  /** @param {unknown} [reason] */
  function disconnect(reason) {
    reader?.cancel().catch(() => {}); // it tells of a failure that the read tells of too
    reader = undefined;
    attempt?.abort(reason);
  }

  /** Ends the connection when the page is hidden, if that was asked for. */
  function leaveIfHidden() {
    if (!reader || !pauseWhenHidden || !globalThis.document?.hidden) return;
    announced = true;
    reader.cancel().catch(() => {});
  }
  globalThis.document?.addEventListener('visibilitychange', leaveIfHidden, { signal: closed.signal });

  return {
    /** What would be taken next; nothing before `fill` has been waited for. */
    peek: () => /** @type {Packet | Ending | undefined} */ (found[taken]),
    /** Waits until there is something to take. Several may wait at a time. It never rejects. */
    fill: () =>
      (filling ??= new Promise(resolve => {
        wake = resolve;
        findMore().then(resolve);
      })),
    /** Takes what was found next. Nothing comes after an ending. */
    take: () => found[taken++],
    /** How many requests were made. */
    get attempts() {
      return attempts;
    },
    /** Gives the request and the body up. */
    close(/** @type {unknown} */ reason) {
      closed.abort();
      disconnect(reason);
      wake();
    },
    /**
     * Lets the body end by itself after the stream's last record. Cutting it off there would cost the connection,
     * and the server would think that its client had left.
     */
    linger() {
      closed.abort();
      const over = () => disconnect();
      within(LINGER_MS, 'idle', pending).then(over, over);
    },
  };
}
