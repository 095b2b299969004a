// A streamed response as its caller sees it: handlers, iterator, result.

import { StreamError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { pendingOutcome, unwrap } from './outcome.mjs';
import { prepare } from './request.mjs';
import { Run } from './run.mjs';
import { connect } from './source.mjs';
import { turn } from './timing.mjs';

/**
 * @import { PacketInfo, StateChange, StreamOptions, StreamState } from '../index.js'
 * @import { Ending } from './outcome.mjs'
 */

/** For how long handlers may keep a page busy before it gets a turn. */
const SLICE_MS = 8;

/**
 * Asks for a streamed response.
 *
 * @type {typeof import('../index.js').stream}
 */
export const stream = (target, options = {}) =>
  /** @type {any} */ (new PacketStream(target, options, options.resumable ? new Run() : undefined));

stream.resume = (handle, options = {}) =>
  /** @type {any} */ (new PacketStream(handle.run, { ...options, resumable: true }, new Run(handle)));

/** What each public member promises is said in `index.d.ts`. */
class PacketStream {
  #url;
  #options;
  #send;
  /** @type {Run | undefined} */
  #run;
  /** @type {StreamState} */
  #state = 'connecting';
  #outcome = pendingOutcome();
  /** @type {(response: Response) => void} */
  #gotHead = () => {};
  #noHead = () => {};
  /** The head of the first response. */
  #head = new Promise((resolve, reject) => {
    this.#gotHead = resolve;
    this.#noHead = reject;
  });
  /** @type {Promise<any> | undefined} The same for callers, once one has asked for it. */
  #response;
  #source;

  /** @type {((packet: any, info: PacketInfo) => unknown)[]} */
  #onProgress = [];
  /** @type {((change: StateChange) => unknown)[]} */
  #onState = [];
  #wanted = false;
  /** Packets wait for somebody who wants them. */
  #held = false;
  #iterated = false;

  #startedAt = performance.now();
  #stats = { packets: 0, bytes: 0, firstPacketMs: /** @type {number | undefined} */ (undefined) };
  /** @type {string | undefined} */
  #lastId;

  /**
   * @param {string | URL | Request} target
   * @param {StreamOptions<any>} options
   * @param {Run | undefined} run
   */
  constructor(target, options, run) {
    const { url, signal, send } = prepare(target, options);
    this.#url = url;
    this.#options = options;
    this.#send = send;
    this.#run = run;
    this.#lastId = run?.lastId;
    /** @type {Parameters<typeof connect>[0]} */
    const request = (attempt, signal, lastId) => send(attempt, signal, { ...run?.request, lastId });
    this.#source = connect(request, options, run, {
      onHead: this.#gotHead,
      onBytes: bytes => (this.#stats.bytes += bytes),
      onState: change => this.#enter(change),
    });
    this.#head.catch(() => {}); // told to those who ask for it
    // Not before handlers have been added.
    Promise.resolve().then(() => {
      this.#source.fill(); // an iterator may ask for nothing yet, but the request is made
      this.#pump();
    });
    if (signal) this.#follow(signal);
  }

  get state() {
    return this.#state;
  }

  get stats() {
    return { ...this.#stats, attempts: this.#source.attempts };
  }

  get result() {
    this.#want();
    return this.#outcome.result;
  }

  get response() {
    return (this.#response ??= this.#outcome.quiet(this.#head.catch(() => this.#outcome.result)));
  }

  /** @param {(packet: any, info: PacketInfo) => unknown} handler */
  progress(handler) {
    this.#onProgress.push(handler);
    return this.#want();
  }

  /** @param {(result: any) => unknown} handler */
  done(handler) {
    this.#outcome.done(handler);
    return this.#want();
  }

  /** @param {(error: any) => unknown} handler */
  fail(handler) {
    this.#outcome.fail(handler);
    return this.#want();
  }

  /** @param {() => unknown} handler */
  always(handler) {
    this.#outcome.always(handler);
    return this.#want();
  }

  /** @param {(change: StateChange) => unknown} handler */
  onState(handler) {
    this.#onState.push(handler);
    return this;
  }

  /** @param {unknown} [reason] */
  abort(reason = new DOMException('The stream was aborted.', 'AbortError')) {
    this.#end({ state: 'aborted', error: reason });
  }

  get handle() {
    const { url: run, key } = this.#run ?? {};
    return run ? { run, key, cursor: Number(this.#lastId ?? 0) } : undefined;
  }

  async cancel() {
    if (!this.#run)
      throw new TypeError('Only a run can be cancelled, one of `resumable: true`. `abort` leaves a stream.');
    await this.response; // it tells where the run is
    await this.#run.cancel(changes => this.#send(this.#source.attempts, new AbortController().signal, changes));
  }

  // Where the platform has `using`, the end of the block ends the stream.
  [Symbol.dispose ?? Symbol()]() {
    this.abort();
  }

  [Symbol.asyncIterator]() {
    if (this.#iterated) throw new TypeError('A stream has only one iterator.');
    this.#iterated = true;
    this.#outcome.observe();
    let left = false;
    const packets = this.#packets(() => left);
    // A generator answers a pending `next` before it looks at `return`, and the next packet may never come.
    const leave = packets.return.bind(packets);
    packets.return = value => {
      left = true;
      this.abort();
      return leave(value);
    };
    return packets;
  }

  /**
   * @param {() => boolean} left Whether the consumer has left, which is not thrown at it.
   * @returns {AsyncGenerator<unknown, unknown, void>}
   */
  async *#packets(left) {
    try {
      while (!this.#outcome.ending) {
        if (!this.#source.peek()) await this.#source.fill();
        const delivery = this.#deliver();
        await delivery?.handled;
        if (delivery && !this.#outcome.ending) yield delivery.packet;
      }
      return left() ? undefined : unwrap(this.#outcome.ending);
    } finally {
      this.abort();
    }
  }

  /** Notes that somebody waits for packets or for the end. */
  #want() {
    this.#wanted = true;
    if (this.#held) this.#pump();
    return this;
  }

  /** Lets packets flow to the handlers, as long as no iterator pulls them. */
  async #pump() {
    let turnedAt = performance.now();
    while (!this.#iterated && !this.#outcome.ending) {
      const next = this.#source.peek();
      if (!next) {
        await this.#source.fill();
        continue; // an iterator may have come in the meantime, and this packet is for it
      }
      this.#held = !this.#wanted && Boolean(this.#response) && !('state' in next);
      if (this.#held) return;
      const handled = this.#deliver()?.handled;
      if (handled) await handled;
      if (performance.now() - turnedAt > SLICE_MS) {
        await turn();
        turnedAt = performance.now();
      }
    }
  }

  /** Takes what was found next: hands a packet to the handlers and returns it, or ends the stream. */
  #deliver() {
    const found = this.#outcome.ending ?? this.#source.take();
    if ('state' in found) return this.#end(found);
    const { data, event, id } = found;
    const { decode } = this.#options;
    const stats = this.#stats;
    const info = { index: stats.packets, event, id };
    try {
      const packet = typeof decode === 'function' ? decode(data, info) : data;
      this.#lastId = id;
      stats.packets += 1;
      stats.firstPacketMs ??= performance.now() - this.#startedAt;
      return { packet, handled: callAll(this.#onProgress, packet, info) };
    } catch (cause) {
      const error = new StreamError('parse', '`decode` refused a packet.', { raw: data, cause });
      return this.#end({ state: 'failed', error });
    }
  }

  /** @param {AbortSignal} signal */
  #follow(signal) {
    const abort = () => this.abort(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    this.#outcome.always(() => signal.removeEventListener('abort', abort)); // it may outlive many streams
  }

  /**
   * Ends the stream, unless it has ended before.
   *
   * @param {Ending} ending
   * @returns {undefined}
   */
  #end(ending) {
    if (this.#outcome.ending) return;
    const { state, error } = ending;
    if (state === 'failed') {
      const { packets, bytes } = this.#stats;
      const attempt = this.#source.attempts;
      Object.assign(error, { url: this.#url, packets, bytes, attempt, lastId: this.#lastId });
      if (error.code === 'parse') error.index = packets;
    }
    this.#outcome.settle(ending);
    this.#noHead();
    if (state === 'done' || (state === 'failed' && error.code === 'server')) {
      this.#source.linger(); // the server itself told the end
    } else {
      this.#source.close(error);
    }
    this.#enter(state === 'failed' ? { state, error } : { state });
  }

  /** @param {Omit<StateChange, 'previous'>} change */
  #enter(change) {
    const previous = this.#state;
    this.#state = change.state;
    callAll(this.#onState, { ...change, previous });
  }
}
