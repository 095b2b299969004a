/// <reference lib="esnext.disposable" />

import type { Problem, StreamError } from './error.js';
import type { DefaultMethod, RouteMethod, RoutePath, StreamArguments, StreamOf } from './routes.js';

export { StreamError, type Problem, type StreamErrorCode } from './error.js';
export type {
  RouteEvents,
  RouteFailure,
  RouteMethod,
  RouteOptions,
  RoutePacket,
  RoutePath,
  RouteResult,
  RouteStream,
} from './routes.js';

/**
 * The routes that a server has, by path and method. It is empty until the file that `document.typescript()` wrote is a
 * part of the program: then `stream` knows the parameters, the body, the packets, the result and the failure of each.
 */
export interface Routes {}

/** Details of a packet. `E` are the names that its event may have. */
export interface PacketInfo<E extends string = string> {
  /** 0 for the stream's first packet. */
  readonly index: number;
  /** The event's name, if the server sent one (`event:` in server-sent events). */
  readonly event?: E;
  /** The id of this packet, or else of the last packet that had one (`id:` in server-sent events). */
  readonly id?: string;
}

/**
 * Packets that the client has missed, because it read too slowly, was away for too long, or the server was restarted. The
 * stream goes on behind them.
 */
export interface Gap {
  /** How many packets were missed, or `null` if the server cannot know. */
  readonly missed: number | null;
  /** The number of the packet with which the stream goes on. */
  readonly first: number;
  /** The topic, if the stream has several. */
  readonly topic?: string;
}

/** The event that ends a stream of server-sent events: the one with this data, or the one with this name. */
export type EndMark = { data: string } | { event: string };

/**
 * The format of a response: server-sent events, newline-delimited JSON, one JSON document, the envelope
 * `{"items":[…],"result":…}`, or the frames of Hazaar MVC.
 */
export type Format = 'sse' | 'ndjson' | 'json' | 'envelope' | 'frames';

/** Values for the parameters in a path. */
export type Params = { readonly [name: string]: string | number | bigint | boolean };

/** Parameters to append to the URL's query. An array repeats its name for each element. */
export type Query = Record<string, unknown> | URLSearchParams;

/**
 * Members of `RequestInit` that `fetch` gets as they are. Not with `onUploadProgress`. Pass others with the option
 * `fetch`, but not `integrity`: with it no byte is readable before the last one.
 */
export interface FetchOptions {
  /** The cache mode. `no-store` unless set. */
  cache?: 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached' | undefined;
  /** The dispatcher of undici, for proxies and agents in Node. */
  dispatcher?: (RequestInit extends { dispatcher?: infer D } ? D : unknown) | undefined;
  /** Lets the request outlive the page. */
  keepalive?: RequestInit['keepalive'] | undefined;
  /** The CORS mode. */
  mode?: RequestInit['mode'] | undefined;
  /** The priority relative to other requests. */
  priority?: 'high' | 'low' | 'auto' | undefined;
  /** What to do with redirects. One that `error` refuses is a `network` failure, which `reconnect` tries again. */
  redirect?: RequestInit['redirect'] | undefined;
  /** The referrer. */
  referrer?: RequestInit['referrer'] | undefined;
  /** The referrer policy. */
  referrerPolicy?: RequestInit['referrerPolicy'] | undefined;
}

/** Options for the request and its response. Unknown options throw a `TypeError`. */
export interface StreamOptions<T = unknown> extends FetchOptions {
  /** The method. Unless set, `POST` if there is a body or the stream is `resumable`, otherwise `GET`. */
  method?: string | undefined;
  /**
   * The body of the request, as for `fetch`. A body that `fetch` would turn into text is refused: plain objects, and
   * streams where the browser cannot send them.
   */
  body?: RequestInit['body'] | undefined;
  /**
   * A value to send as JSON, instead of `body`, or a function that returns it for each request, as for `headers`. It
   * may return a promise. A function that returns `undefined` sends `null`.
   */
  json?: unknown;
  /** Values for the parameters in the URL's path: `{ id: 7 }` for `/items/{id}`. They are encoded. */
  params?: Params | undefined;
  /**
   * Parameters to append to the URL's query, or a function that returns them for each request, as for `headers`.
   * `undefined` and `null` are skipped.
   */
  query?: Query | ((attempt: number) => Query | Promise<Query>) | undefined;
  /**
   * Headers, or a function that returns them for each request. `attempt` counts from 1. If the function throws, the
   * stream fails with `request`.
   */
  headers?:
    | RequestInit['headers']
    | ((attempt: number) => RequestInit['headers'] | Promise<RequestInit['headers']>)
    | undefined;
  /** The credentials mode, as for `fetch`. `same-origin` unless set. */
  credentials?: RequestInit['credentials'] | undefined;
  /** Aborts the stream, as `abort(signal.reason)` does. */
  signal?: AbortSignal | undefined;
  /** Replaces the global `fetch`, which is otherwise looked up for each request. */
  fetch?: typeof fetch | undefined;
  /**
   * Validates or converts each packet. If it throws, the stream fails with `parse`. `'text'` is for server-sent events
   * whose data is not JSON: packets are the data as text, and no other format is accepted.
   */
  decode?: 'text' | ((raw: unknown, info: PacketInfo) => T) | undefined;
  /**
   * The end of a stream of other servers of server-sent events, in place of the event `done`. No other format is
   * accepted.
   *
   * - `{ data: '[DONE]' }`: the event with this data. The result is `undefined`.
   * - `{ event: 'close' }`: the event with this name. Its data is the result, as text if it is not JSON.
   * - `'eof'`: the clean end of the body. With any other value such an end is `truncated`.
   */
  end?: 'eof' | EndMark | undefined;
  /**
   * The format of the response, in place of its `Content-Type`. It is also the one that `Accept` asks for.
   */
  format?: Format | undefined;
  /**
   * Delivers only the newest packet. While a handler, or the body of a loop, is busy with one, the client reads on, and
   * each packet that arrives takes the place of the one that waits, whatever their events are. So what comes next is never
   * stale, and the server is never held up. The end, failures and gaps are not skipped. Packets that are skipped are not
   * counted, but they move the last id on.
   */
  latest?: boolean | undefined;
  /** A longer packet fails the stream with `too-large`. Text is measured in UTF-16 units. 64 MiB unless set. */
  maxPacketBytes?: number | undefined;
  /** Milliseconds within which the head of the response must arrive. No limit unless set. */
  responseTimeout?: number | undefined;
  /** Milliseconds that may pass without a byte of the body. No limit unless set. */
  idleTimeout?: number | undefined;
  /**
   * Reconnects after failures whose `retryable` is true, and never after the end. The request is the same, with the
   * last id in `Last-Event-ID`. If the server sends no ids, the stream starts over. Methods other than `GET` and `HEAD`
   * are refused unless `unsafe` is set.
   */
  reconnect?: boolean | ReconnectOptions | undefined;
  /**
   * Starts a run, which goes on when its client leaves. The client reconnects until the end of the run, and delivers
   * every packet once. Only server-sent events are accepted. The action must be `resumable` on the server: a packet
   * without a number fails the stream with `protocol`. With `end` the packets need no numbers: each connection reads the
   * run from its start, and drops what has been delivered before. Such a run needs a `Location`.
   */
  resumable?: boolean | undefined;
  /**
   * Reads the stream once for all tabs and workers of the browser that request the same URL with this option. One of them
   * has the connection, and passes on packets, gaps, changes of `state` and the end. When it closes, another one takes
   * over from the last id. Only for `GET`.
   *
   * A tab that joins follows from then on; with `latest` it gets the last packet first. The options of the tab that reads
   * decide about its requests, such as `headers` and `reconnect`. If not all tabs may see the same, name those that may:
   * `shared: user.id`. A tab that is slow holds up none, so its packets wait in its memory.
   *
   * In an insecure context, and in Node before version 24, each reads by itself.
   */
  shared?: boolean | string | number | undefined;
  /**
   * Receives the progress of the upload. The request is then made with `XMLHttpRequest`, which exists only in browsers,
   * keeps the whole response in memory, and supports neither a stream as body nor `credentials: 'omit'`.
   */
  onUploadProgress?: ((progress: UploadProgress) => unknown) | undefined;
}

/** Options for reconnecting. */
export interface ReconnectOptions {
  /**
   * The time in milliseconds of which each wait is a random part. It doubles with each failure in a row. The server's
   * `retry:` replaces it, but never with less than 100. The server's `Retry-After` replaces the wait. No wait is longer
   * than 25 days. A wait that the server did not ask for ends as soon as the page is online, shown or back from the
   * browser's cache. 1000 unless set.
   */
  delay?: number | undefined;
  /** The longest time, in milliseconds, that `delay` doubles to. 30000 unless set. */
  maxDelay?: number | undefined;
  /**
   * The most failures in a row, without a packet in between, before the stream fails. An attempt that follows the
   * network's or the page's return counts like any other. No limit unless set.
   */
  retries?: number | undefined;
  /**
   * Decides whether to try again after a failure, in place of `error.retryable`. `attempt` is the number of the request
   * that failed, from 1. The wait begins when it has decided. It is not asked about a run that is over, an end that the
   * server announced, or a module of the client that could not be loaded. If it throws, the stream fails with `request`.
   */
  when?: ((error: StreamError, attempt: number) => boolean | Promise<boolean>) | undefined;
  /** Allows methods other than `GET` and `HEAD`. The server may then do the work twice. */
  unsafe?: boolean | undefined;
  /** Closes the connection while the page is hidden. Packets sent in that time come later, if the server sends ids. */
  pauseWhenHidden?: boolean | undefined;
}

/** The progress of an upload. */
export interface UploadProgress {
  /** Bytes sent so far. */
  readonly loaded: number;
  /** Bytes in total, if known. */
  readonly total?: number;
}

/** The data that `stream.resume` needs to continue a run. Store it together with your own state after each packet. */
export interface RunHandle {
  /** The URL of the action, as requested. */
  readonly url?: string | undefined;
  /** The URL of the run, once the server has sent it. */
  readonly run?: string | undefined;
  /** The secret that allows reading and cancelling the run. */
  readonly key: string;
  /** The number of the last packet that was delivered, 0 before the first. */
  readonly cursor: number;
}

/**
 * Options for continuing a run. `method`, `body` and `json` matter only if the handle was stored before it had the URL
 * of the run: then the request is sent again, so they must be those that started the run, and `json` is no function.
 */
export type ResumeOptions<T = unknown> = Pick<
  StreamOptions<T>,
  | 'body'
  | 'credentials'
  | 'decode'
  | 'end'
  | 'fetch'
  | keyof FetchOptions
  | 'headers'
  | 'idleTimeout'
  | 'json'
  | 'latest'
  | 'maxPacketBytes'
  | 'method'
  | 'reconnect'
  | 'responseTimeout'
  | 'signal'
>;

/**
 * `connecting` until a readable response arrives, `open` while it is read, `reconnecting` from a failure until the next
 * response, and finally `done`, `failed` or `aborted`.
 */
export type StreamState = 'connecting' | 'open' | 'reconnecting' | 'done' | 'failed' | 'aborted';

/** A change of `state`. */
export interface StateChange<P = Problem> {
  /** The new state. */
  readonly state: StreamState;
  /** The state before. */
  readonly previous: StreamState;
  /** `reconnecting`, `failed`: the reason. */
  readonly error?: StreamError<P>;
  /** `reconnecting`: milliseconds until the next attempt. */
  readonly delay?: number;
}

/** Counts of a stream so far. */
export interface Stats {
  /** Packets delivered. */
  readonly packets: number;
  /** Bytes of the body that have been read. */
  readonly bytes: number;
  /** Milliseconds from the start to the first packet. */
  readonly firstPacketMs?: number;
  /** Requests made. */
  readonly attempts: number;
}

/**
 * A streamed response: of packets `T`, with the result `F`, whose failures have problem documents `P`, and whose events
 * have the names `E`.
 *
 * An iterator pulls packets one by one, and the server waits in between. Without an iterator, packets flow to the
 * `progress` handlers as fast as these accept them. With both, the handlers see the packets that the iterator pulls.
 */
export interface PacketStream<
  T = unknown,
  F = unknown,
  P = Problem,
  E extends string = string,
> extends AsyncIterable<T> {
  /** Iterates over the packets, then returns the result or throws the failure. Leaving early aborts the stream. */
  [Symbol.asyncIterator](): AsyncGenerator<T, F | undefined, void>;
  /** Resolves with the value that the action returned. Rejects with the error that `fail` gets. */
  readonly result: Promise<F>;
  /**
   * Resolves with the first response, whatever its status. Do not read its body. If you read this property before you
   * add a handler, read `result` or iterate, packets wait until you do.
   */
  readonly response: Promise<Response>;
  /** The current state. */
  readonly state: StreamState;
  /** The counts so far. */
  readonly stats: Stats;
  /** Adds a handler for packets. If it returns a promise, the next packet waits for that. */
  progress(handler: (packet: T, info: PacketInfo<E>) => unknown): this;
  /** Adds a handler for the result. Like `fail` and `always`, it also runs if it is added after the end. */
  done(handler: (result: F) => unknown): this;
  /**
   * Adds a handler for gaps: load anew what the packets have built up. If it returns a promise, the next packet waits for
   * that. An iterator does not see gaps, and they are not counted. With the option `end`, which is for other servers, an
   * event named `gap` is a packet.
   */
  gap(handler: (gap: Gap) => unknown): this;
  /**
   * Adds a handler for the failure: a {@link StreamError}, or after `abort` its reason, which is an `AbortError` unless
   * the caller gave another one.
   */
  fail(handler: (error: StreamError<P> | DOMException) => unknown): this;
  /** Adds a handler that runs after the handlers of `done` or `fail`. */
  always(handler: () => unknown): this;
  /** Adds a handler for changes of `state`. */
  onState(handler: (change: StateChange<P>) => unknown): this;
  /** Ends the wait before the next attempt, even if the server asked for it. Does nothing in any other state. */
  reconnectNow(): void;
  /** Ends the stream and its request. Does nothing after the end. A run goes on without its client. */
  abort(reason?: unknown): void;
  /**
   * Asks the server to stop the run, as soon as it has answered. Resolves when the server has agreed; the stream then
   * fails with `cancelled`. Rejects with a `TypeError` if the stream is not a run, or if it ended before its URL was known.
   */
  cancel(): Promise<void>;
  /** The handle for `stream.resume`, if the stream is a run. It exists from the start, and is kept up to date. */
  readonly handle: RunHandle | undefined;
  /** The same as `abort`, for `using`. Exists if the platform has the symbol. */
  [Symbol.dispose](): void;
}

/**
 * Requests a streamed response. The request is made in a microtask, so handlers that are added right away see every
 * packet.
 *
 * The types are those of the route in `Routes` if the URL is a literal that is one of its paths. Any other URL takes the
 * type parameters: of a packet, of the result, and of `error.problem`.
 *
 * @throws TypeError for an unknown option, an invalid value, options that exclude each other, and a request that `fetch`
 *   would always refuse: an invalid URL, a `GET` with a body, a body that the platform cannot send.
 */
export function stream<
  T = unknown,
  F = T | undefined,
  P = Problem,
  const U extends string | URL | Request = string | URL | Request,
  M extends RouteMethod<U> = DefaultMethod<U>,
>(url: U | RoutePath, ...options: StreamArguments<U, M, T>): StreamOf<U, M, T, F, P>;

export declare namespace stream {
  /**
   * Continues a run. Only the packets after `handle.cursor` are delivered.
   *
   * @throws TypeError for an incomplete handle, and wherever `stream` throws one.
   */
  function resume<T = unknown, F = T | undefined, P = Problem>(
    handle: RunHandle,
    options?: ResumeOptions<T>,
  ): PacketStream<T, F, P>;
}
