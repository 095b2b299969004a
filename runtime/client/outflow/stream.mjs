// A streamed response as its caller sees it: handlers, iterator, result.

import { StreamError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { pendingOutcome, unwrap } from './outcome.mjs';
import { readBody } from './reader.mjs';
import { prepare } from './request.mjs';
import { open } from './response.mjs';
import { turn, within } from './timing.mjs';

/**
 * @import { PacketInfo, StateChange, StreamOptions, StreamState } from '../index.js'
 * @import { Ending } from './outcome.mjs'
 * @import { Packet } from './reader.mjs'
 */

/** For how long handlers may keep a page busy before it gets a turn. */
const SLICE_MS = 8;

/**
 * Asks for a streamed response.
 *
 * @type {typeof import('../index.js').stream}
 */
export const stream = (target, options = {}) => /** @type {any} */ (new PacketStream(target, options));

/** What each public member promises is said in `index.d.ts`. */
class PacketStream {
  #url;
  #options;
  #controller = new AbortController();
  /** @type {StreamState} */
  #state = 'connecting';
  #outcome = pendingOutcome();
  /** The response's head. */
  #head;
  /** @type {Promise<Response> | undefined} The same for callers, once one has asked for it. */
  #response;
  /** Settled when the stream is open, or over before. */
  #ready;
  /** @type {ReturnType<typeof readBody> | undefined} There once the stream is open. */
  #reader;

  /** @type {((packet: any, info: PacketInfo) => unknown)[]} */
  #onProgress = [];
  /** @type {((change: StateChange) => unknown)[]} */
  #onState = [];
  #wanted = false;
  #pumping = false;
  #iterated = false;

  #startedAt = performance.now();
  #stats = { packets: 0, bytes: 0, firstPacketMs: /** @type {number | undefined} */ (undefined) };
  /** @type {string | undefined} */
  #lastId;

  /**
   * @param {string | URL | Request} target
   * @param {StreamOptions<any>} options
   */
  constructor(target, options) {
    const { url, signal, send } = prepare(target, options);
    this.#url = url;
    this.#options = options;
    // Not before handlers have been added.
    this.#head = Promise.resolve().then(() =>
      within(options.responseTimeout, 'response', send(this.#controller.signal)),
    );
    this.#ready = Promise.race([this.#open(), this.#outcome.settled]);
    if (signal) this.#follow(signal);
  }

  get state() {
    return this.#state;
  }

  get stats() {
    return { ...this.#stats };
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
      await this.#ready;
      while (!this.#outcome.ending) {
        if (this.#reader?.isEmpty()) await this.#reader.fill();
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
    this.#pump();
    return this;
  }

  /** Lets packets flow to the handlers, as long as no iterator pulls them. */
  async #pump() {
    const reader = this.#reader;
    const held = this.#response && !this.#wanted;
    if (!reader || held || this.#pumping) return;
    this.#pumping = true;
    let turnedAt = performance.now();
    while (!this.#iterated && !this.#outcome.ending) {
      if (reader.isEmpty()) {
        await reader.fill();
        continue; // an iterator may have come in the meantime, and this packet is for it
      }
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
    const found = this.#outcome.ending ?? /** @type {Packet} */ (this.#reader?.take());
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

  async #open() {
    try {
      const { body, decoder } = await open(await this.#head, this.#options);
      const reader = readBody(body, decoder, this.#options.idleTimeout, bytes => (this.#stats.bytes += bytes));
      if (this.#outcome.ending) return reader.cancel(); // a `fetch` of the caller's own need not heed signals
      this.#reader = reader;
      this.#enter('open');
      this.#pump();
    } catch (cause) {
      const error =
        cause instanceof StreamError ? cause : new StreamError('network', 'There was no answer.', { cause });
      this.#end({ state: 'failed', error });
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
      Object.assign(error, { url: this.#url, packets, bytes, lastId: this.#lastId });
      if (error.code === 'parse') error.index = packets;
    }
    this.#outcome.settle(ending);
    if (state === 'done' || (state === 'failed' && error.code === 'server')) {
      this.#reader?.linger(); // the server itself told the end
    } else {
      this.#reader?.cancel();
      this.#controller.abort(error);
    }
    this.#enter(state);
  }

  /** @param {StreamState} state */
  #enter(state) {
    const previous = this.#state;
    this.#state = state;
    callAll(this.#onState, { state, previous });
  }
}
