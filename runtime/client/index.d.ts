/// <reference lib="esnext.disposable" />

import type { StreamError } from './error.js';

export * as decoders from './decoders.js';
export { StreamError, type StreamErrorCode } from './error.js';

/** What is known of a packet beside its value. */
export interface PacketInfo {
  /** 0 for the stream's first packet. */
  readonly index: number;
  /** The name of the event, where the server gave one (`event:` of server-sent events). */
  readonly event?: string;
  /** The last id the server gave to this packet or to one before it (`id:` of server-sent events). */
  readonly id?: string;
}

/** How the request is made and its answer read. Any other name is a `TypeError`. */
export interface StreamOptions<T = unknown> {
  /** `GET` unless this says otherwise, or `POST` where there is a body. */
  method?: string;
  /** The body of the request, as `fetch` takes it. */
  body?: BodyInit | null;
  /** A value that is sent as JSON, in place of `body`. */
  json?: unknown;
  /**
   * Appended to the URL's own query. An array gives its name once for each element; `undefined` and `null` are left
   * out.
   */
  query?: Record<string, unknown> | URLSearchParams;
  /** Headers, or a function that gives them when the request is made; `attempt` counts from 1. */
  headers?: HeadersInit | ((attempt: number) => HeadersInit | Promise<HeadersInit>);
  /** As in `fetch`; `same-origin` unless this says otherwise. */
  credentials?: RequestCredentials;
  /** Ends the stream as `abort(signal.reason)` does. */
  signal?: AbortSignal;
  /** Used in place of the global `fetch`, which is looked up when the request is made. */
  fetch?: typeof fetch;
  /**
   * Turns what came into what is handed on, and may throw, which ends the stream with `parse`. `'text'` is for
   * server-sent events whose data is not JSON: it is handed on as it came, and no other format is accepted.
   */
  decode?: 'text' | ((raw: unknown, info: PacketInfo) => T);
  /**
   * `'eof'` is for server-sent events from elsewhere, where no `done` event is to be expected: the clean end of the
   * body counts as the end, and no other format is accepted. Without it such an end is `truncated`.
   */
  end?: 'eof';
  /** A longer packet fails the stream with `too-large`. Text is counted in UTF-16 units. 64 MiB unless set. */
  maxPacketBytes?: number;
  /** Milliseconds until the response's head must be there. No limit unless set. */
  responseTimeout?: number;
  /** Milliseconds that may pass without a byte while one is waited for. No limit unless set. */
  idleTimeout?: number;
  /**
   * Makes a connection again that broke. The request is the same, with the last id in `Last-Event-ID`; a server that
   * gives no ids begins anew. It does so after the failures whose `retryable` is true, and never after the end. Methods
   * other than `GET` and `HEAD` are refused unless `unsafe` says that doing the work twice does no harm.
   */
  reconnect?: boolean | ReconnectOptions;
  /**
   * Starts a run, which goes on when its client leaves: the connection is made again until the end has come, and every
   * packet comes once. Only server-sent events are accepted. The action has to be `resumable` on the server: packets
   * without a number fail the stream with `protocol`.
   */
  resumable?: boolean;
  /**
   * Told of how much of the body has been sent. The request is made with `XMLHttpRequest`, which only browsers have,
   * which keeps the whole answer in memory, takes no stream, and cannot do without the credentials that belong to the
   * page's own origin: `credentials: 'omit'` is refused.
   */
  onUploadProgress?: (progress: UploadProgress) => unknown;
}

/** How a connection is made again that broke. */
export interface ReconnectOptions {
  /**
   * Milliseconds. The first wait is a random part of it, and with each failure in a row the whole doubles. A server's
   * `retry:` takes its place, from 100 on, a `Retry-After` the place of the wait. No wait is longer than 25 days. 1000
   * unless set.
   */
  delay?: number;
  /** Milliseconds that the whole does not exceed. 30000 unless set. */
  maxDelay?: number;
  /** More failures in a row, without a packet in between, end the stream with `retries`. No limit unless set. */
  retries?: number;
  /** Allows methods other than `GET` and `HEAD`, whose work may then be done twice. */
  unsafe?: boolean;
  /** Closes the connection while the page is hidden. For servers that give ids: what came meanwhile is asked for. */
  pauseWhenHidden?: boolean;
}

/** How much of a body has been sent. */
export interface UploadProgress {
  /** Bytes that were sent. */
  readonly loaded: number;
  /** Bytes that there are, where that is known. */
  readonly total?: number;
}

/** What is needed to follow a run from where it was left. It can be stored, beside what was made of its packets. */
export interface RunHandle {
  /** The action's URL, as it was asked for. */
  readonly url?: string;
  /** The run's URL, there as soon as the server has said it. */
  readonly run?: string;
  /** The right to read and to cancel it: a secret. */
  readonly key: string;
  /** The number of the last packet that was handed on, 0 before the first. */
  readonly cursor: number;
}

/**
 * How a run is followed; it has its URL. The `method` and the `body` or `json` it was started with are for a handle that
 * was stored before the server had said where the run is: then the request is sent again.
 */
export type ResumeOptions<T = unknown> = Pick<
  StreamOptions<T>,
  | 'body'
  | 'credentials'
  | 'decode'
  | 'fetch'
  | 'headers'
  | 'idleTimeout'
  | 'json'
  | 'maxPacketBytes'
  | 'method'
  | 'reconnect'
  | 'responseTimeout'
  | 'signal'
>;

/**
 * `connecting` until the response's head is there and can be read, `open` while packets come, `reconnecting` from a
 * failure until the next response is there, then one of `done`, `failed` and `aborted` for good.
 */
export type StreamState = 'connecting' | 'open' | 'reconnecting' | 'done' | 'failed' | 'aborted';

/** A step from one state to the next. */
export interface StateChange {
  /** Where the stream is now. */
  readonly state: StreamState;
  /** Where it was before. */
  readonly previous: StreamState;
  /** `reconnecting`, `failed`: why. */
  readonly error?: StreamError;
  /** `reconnecting`: milliseconds until the next attempt. */
  readonly delay?: number;
}

/** What has come so far. */
export interface Stats {
  /** Packets handed on. */
  readonly packets: number;
  /** Bytes of the body that were read. */
  readonly bytes: number;
  /** Milliseconds from the request to the first packet. */
  readonly firstPacketMs?: number;
  /** Requests that were made. */
  readonly attempts: number;
}

/**
 * A streamed response.
 *
 * It has one consumer. An iterator pulls packets one by one, and the server waits while it does not. Without an
 * iterator packets flow to the `progress` handlers as fast as these take them. With both, the handlers see what the
 * iterator pulls.
 */
export interface PacketStream<T = unknown, F = unknown> extends AsyncIterable<T> {
  /** The packets. The generator returns the result, throws the failure, and aborts the stream when it is left early. */
  [Symbol.asyncIterator](): AsyncGenerator<T, F | undefined, void>;
  /** The result: what the action returned, `undefined` if nothing. Rejects as `fail` is called. */
  readonly result: Promise<F | undefined>;
  /**
   * Settles with the first response's head, whatever its status; the body is not for reading. Who asks for it before the
   * first packet, and has neither handlers nor `result`, gets no packets until one of them or an iterator is there.
   */
  readonly response: Promise<Response>;
  /** Where the stream is. */
  readonly state: StreamState;
  /** What has come so far. */
  readonly stats: Stats;
  /** Adds a handler for packets. The next packet waits for the promise it returns, if any. */
  progress(handler: (packet: T, info: PacketInfo) => unknown): this;
  /** Adds a handler for the result. Added after the end, it runs all the same; so with `fail` and `always`. */
  done(handler: (result: F | undefined) => unknown): this;
  /**
   * Adds a handler for the failure: a {@link StreamError}, or after `abort` the reason of it, an `AbortError` unless
   * the caller gave one.
   */
  fail(handler: (error: StreamError | DOMException) => unknown): this;
  /** Adds a handler that runs after those of `done` or `fail`. */
  always(handler: () => unknown): this;
  /** Adds a handler for changes of `state`. */
  onState(handler: (change: StateChange) => unknown): this;
  /** Ends the stream and its request. Nothing happens when it has ended before. A run goes on without its client. */
  abort(reason?: unknown): void;
  /**
   * Asks the server to stop the run. It settles when the server has agreed; the stream then fails with `cancelled`.
   *
   * @throws TypeError where there is no run, or where it is was not told.
   */
  cancel(): Promise<void>;
  /** What `stream.resume` takes: there from the start where the stream is a run, and kept up to date. */
  readonly handle: RunHandle | undefined;
  /** The same as `abort`, for `using`; there where the platform knows the symbol. */
  [Symbol.dispose](): void;
}

/**
 * Asks for a streamed response. The request is made in a microtask, so that handlers added in the same breath see
 * every packet.
 *
 * @throws TypeError on an option that does not exist or cannot be.
 */
export function stream<T = unknown, F = T>(url: string | URL | Request, options?: StreamOptions<T>): PacketStream<T, F>;

export declare namespace stream {
  /**
   * Follows a run from where it was left. Only the packets after `handle.cursor` come.
   *
   * @throws TypeError on a handle with neither `run` nor `url`, and where `stream` throws one.
   */
  function resume<T = unknown, F = T>(handle: RunHandle, options?: ResumeOptions<T>): PacketStream<T, F>;
}
