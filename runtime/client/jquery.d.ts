import type { FetchOptions, Gap, PacketInfo, Problem, StreamError, StreamOptions, UploadProgress } from './index.js';

/** The settings of `$.ajax`, and the options of `stream` for which `$.ajax` has no setting. */
export interface StreamSettings<T = unknown> extends Pick<
  StreamOptions<T>,
  | 'credentials'
  | 'decode'
  | 'end'
  | 'fetch'
  | 'format'
  | Exclude<keyof FetchOptions, 'cache'>
  | 'idleTimeout'
  | 'latest'
  | 'maxPacketBytes'
  | 'reconnect'
  | 'responseTimeout'
  | 'shared'
  | 'signal'
> {
  /** The URL of the request. */
  url?: string | undefined;
  /** One or more handlers for packets. */
  progress?: ((packet: T, info: PacketInfo) => unknown) | ((packet: T, info: PacketInfo) => unknown)[] | undefined;
  /** One or more handlers for packets that were missed. */
  gap?: ((gap: Gap) => unknown) | ((gap: Gap) => unknown)[] | undefined;
  /** One or more handlers for the progress of an upload. */
  uploadProgress?: ((progress: UploadProgress) => unknown) | ((progress: UploadProgress) => unknown)[] | undefined;
  /** Any setting of `$.ajax`. Its `timeout` limits the whole stream. */
  [setting: string]: unknown;
}

/** `error`, `abort`, `timeout` or `parsererror`, as in `$.ajax`. */
export type FailStatus = 'error' | 'abort' | 'timeout' | 'parsererror';

/**
 * The jqXHR that `$.stream` returns, with handlers for packets. In slim builds, which have no `$.ajax`, it is the
 * `PacketStream` of `stream`, whose methods have the same names.
 */
export interface StreamXHR<T = unknown, F = unknown, P = Problem> {
  /** Adds a handler for packets. Its `this` is the setting `context`. Earlier packets are not repeated. */
  progress(handler: (packet: T, info: PacketInfo) => unknown): this;
  /** Adds a handler for packets that were missed. */
  gap(handler: (gap: Gap) => unknown): this;
  /** Adds a handler for the progress of an upload. Add the first one right after the call. */
  uploadProgress(handler: (progress: UploadProgress) => unknown): this;
  /** Adds a handler for the result. */
  done(handler: (result: F, textStatus: string, jqXHR: this) => unknown): this;
  /**
   * Adds a handler for the failure. `jqXHR.streamError` says what happened. After a failure in the middle of the stream
   * the status is that of the problem document; after a broken connection it is 0.
   */
  fail(handler: (jqXHR: this, textStatus: FailStatus, errorThrown: string) => unknown): this;
  /** The same as `fail`. */
  error(handler: (jqXHR: this, textStatus: FailStatus, errorThrown: string) => unknown): this;
  /** Adds a handler for both outcomes. */
  always(handler: (...outcome: unknown[]) => unknown): this;
  /** Settles as `done` and `fail` do. */
  then<R1 = F, R2 = never>(
    done?: ((result: F, textStatus: string, jqXHR: this) => R1 | PromiseLike<R1>) | null,
    fail?: ((jqXHR: this, textStatus: FailStatus, errorThrown: string) => R2 | PromiseLike<R2>) | null,
  ): PromiseLike<R1 | R2>;
  /** Ends the stream and its request. */
  abort(textStatus?: string): this;
  /** Returns a header of the response, once the stream has ended. */
  getResponseHeader(name: string): string | null;
  /** The status of the response, or of the problem document after a failure in the middle. */
  readonly status: number;
  /** The status text of the response, or the message of the failure. */
  readonly statusText: string;
  /** After a failure: the server's account of it, as text. */
  readonly responseText?: string;
  /** After a failure: the server's account of it, if it is JSON. */
  readonly responseJSON?: any;
  /** The error, after a failure other than an abort. */
  readonly streamError?: StreamError<P>;
}

/** `$.stream`. */
export interface JQueryStream {
  <T = unknown, F = T | undefined, P = Problem>(url: string, settings?: StreamSettings<T>): StreamXHR<T, F, P>;
  <T = unknown, F = T | undefined, P = Problem>(settings: StreamSettings<T>): StreamXHR<T, F, P>;
}

/** Adds `$.stream` to a copy of jQuery, 1.12 or newer, and the data type `stream` to its `$.ajax`. */
export function install(jQuery: object): void;

declare global {
  interface JQueryStatic {
    /** Requests a streamed response through `$.ajax`. */
    stream: JQueryStream;
  }
}
