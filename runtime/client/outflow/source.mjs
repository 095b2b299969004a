// Where packets come from: one response, or several where a connection that broke is made again.

import { StreamError, asStreamError } from './error.mjs';
import { delayBefore, pause } from './reconnect.mjs';
import { open } from './response.mjs';
import { within } from './timing.mjs';

/**
 * @import { Decoder, Sink, SseDecoder } from '../decoders.js'
 * @import { ReconnectOptions, StateChange, StreamOptions } from '../index.js'
 * @import { Run } from './run.mjs'
 */

/** @typedef {{ data: any, event?: string, id?: string }} Packet */
/** @typedef {{ state: 'done' | 'failed' | 'aborted', result?: any, error?: any }} Ending */

/** How long a server that has sent the end may take to close the body. */
const LINGER_MS = 1000;

/**
 * One read is always pending, because WebKit holds a piece back when there is none. No more than one piece is
 * decoded and one waits behind it, so a consumer that does not take makes the server wait.
 *
 * @param {(attempt: number, signal: AbortSignal, lastId: string | undefined) => Promise<Response>} send
 * @param {StreamOptions<any>} options
 * @param {Run | undefined} run
 * @param {{ bytes: number, attempts: number }} stats Counts what was read, and the requests that were made.
 * @param {(response: Response) => void} onHead
 * @param {(change: Omit<StateChange, 'previous'>) => void} onState
 */
export function connect(send, options, run, stats, onHead, onState) {
  const { idleTimeout, responseTimeout, reconnect } = options;
  /** @type {ReconnectOptions} */
  const { delay = 1000, maxDelay = 30_000, retries = Infinity, pauseWhenHidden } = Object(reconnect);
  const { document } = globalThis;

  /** @type {(Packet | Ending)[]} */
  let found = [];
  let taken = 0;
  /** @type {Promise<void> | undefined} */
  let filling;
  /** Answers who waits. */
  let wake = () => {};
  let closed = false;

  /** Attempts that broke since the last packet. */
  let failures = 0;
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
    while (taken === found.length && !closed) {
      found = [];
      taken = 0;
      try {
        if (broken) await recover(broken);
        else if (reader) await readPiece();
        else await openNext();
      } catch (error) {
        // Looked at when all that came before it has been taken.
        broken = asStreamError(error, reader ? 'The connection broke.' : 'There was no answer.');
      }
    }
    filling = undefined;
    wake();
  }

  async function openNext() {
    const { signal } = attempt;
    const response = await within(responseTimeout, 'response', send(++stats.attempts, signal, lastId));
    run?.locate(response);
    onHead(response);
    const opened = await open(response, options);
    decoder = opened.decoder;
    reader = opened.body.getReader();
    if (closed) return disconnect(); // a `fetch` of the caller's own need not heed signals
    read();
    onState({ state: 'open' });
    if (pauseWhenHidden) {
      document?.addEventListener('visibilitychange', leaveIfHidden, { signal });
      leaveIfHidden();
    }
  }

  function read() {
    pending = within(idleTimeout, 'idle', /** @type {NonNullable<typeof reader>} */ (reader).read());
    pending.catch(() => {}); // somebody looks at it later; until then it is no unhandled rejection
  }

  async function readPiece() {
    const { done, value } = await pending;
    if (done) {
      if (announced) throw new StreamError('network', 'The page was hidden.', { retryAfter: 0 });
      announced = Boolean(decoder.leaving);
      return decoder.end(sink);
    }
    read();
    stats.bytes += value.length;
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
    if (!(run ? run.goesOn(error, decoder?.lastId) : reconnect && error.retryable)) {
      found.push({ state: 'failed', error });
    } else if (!announced && ++failures > retries) {
      const message = `The connection broke ${failures} times without a packet: ${error.message}`;
      const { attempts } = stats;
      found.push({ state: 'failed', error: new StreamError('retries', message, { attempts, cause: error }) });
    } else {
      disconnect();
      attempt = new AbortController();
      broken = undefined;
      announced = false;
      const delay = delayBefore(error, failures, base, maxDelay);
      onState({ state: 'reconnecting', error, delay });
      await pause(delay, attempt.signal, pauseWhenHidden);
    }
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

  /** Ends the connection when the page is hidden. */
  function leaveIfHidden() {
    if (!document.hidden) return;
    announced = true;
    cancel();
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
      const over = () => disconnect();
      within(LINGER_MS, 'idle', pending).then(over, over);
    },
  };
}
