import type { PacketInfo, StreamError, StreamOptions, UploadProgress } from './index.js';

/** The settings of `$.ajax`, and of the stream's own options those that `$.ajax` has no word for. */
export interface StreamSettings<T = unknown> extends Pick<
  StreamOptions<T>,
  | 'credentials'
  | 'decode'
  | 'end'
  | 'fetch'
  | 'idleTimeout'
  | 'maxPacketBytes'
  | 'reconnect'
  | 'responseTimeout'
  | 'signal'
> {
  /** Where the request goes. */
  url?: string;
  /** A handler for packets, or several. */
  progress?: ((packet: T, info: PacketInfo) => unknown) | ((packet: T, info: PacketInfo) => unknown)[];
  /** A handler for how much of the body has been sent, or several. */
  uploadProgress?: ((progress: UploadProgress) => unknown) | ((progress: UploadProgress) => unknown)[];
  /** Any setting of `$.ajax`. Its `timeout` counts for the whole stream. */
  [setting: string]: unknown;
}

/** `error`, `abort`, `timeout` or `parsererror`, as in `$.ajax`. */
export type FailStatus = 'error' | 'abort' | 'timeout' | 'parsererror';

/**
 * What `$.stream` returns: the jqXHR of `$.ajax`, with a list of its own for packets. Without `$.ajax` (slim builds) it
 * is the `PacketStream` of the core, whose methods have the same names.
 */
export interface StreamXHR<T = unknown, F = unknown> {
  /** Adds a handler for packets, called with the settings' `context`. Packets that came before are not repeated. */
  progress(handler: (packet: T, info: PacketInfo) => unknown): this;
  /** Adds a handler for how much of the body has been sent. The first one has to be added at once. */
  uploadProgress(handler: (progress: UploadProgress) => unknown): this;
  /** Adds a handler for the result. */
  done(handler: (result: F | undefined, textStatus: string, jqXHR: this) => unknown): this;
  /**
   * Adds a handler for the failure; `jqXHR.streamError` tells what happened. A failure in the middle of the stream
   * has the status of its problem document; with a connection that broke the status is 0.
   */
  fail(handler: (jqXHR: this, textStatus: FailStatus, errorThrown: string) => unknown): this;
  /** The same as `fail`. */
  error(handler: (jqXHR: this, textStatus: FailStatus, errorThrown: string) => unknown): this;
  /** Adds a handler for either end. */
  always(handler: (...outcome: unknown[]) => unknown): this;
  /** Settles as `done` and `fail` do. */
  then<R1 = F | undefined, R2 = never>(
    done?: ((result: F | undefined, textStatus: string, jqXHR: this) => R1 | PromiseLike<R1>) | null,
    fail?: ((jqXHR: this, textStatus: FailStatus, errorThrown: string) => R2 | PromiseLike<R2>) | null,
  ): PromiseLike<R1 | R2>;
  /** Ends the stream and its request. */
  abort(textStatus?: string): this;
  /** A header of the response, once the stream has ended. */
  getResponseHeader(name: string): string | null;
  /** The status of the response or, after a failure in the middle, of its problem document. */
  readonly status: number;
  /** The response's status text, or the message of the failure. */
  readonly statusText: string;
  /** After a failure: what the server sent about it, as text. */
  readonly responseText?: string;
  /** After a failure: what the server sent about it, if that was JSON. */
  readonly responseJSON?: any;
  /** After a failure other than an abort: what happened. */
  readonly streamError?: StreamError;
}

/** `$.stream`. */
export interface JQueryStream {
  <T = unknown, F = T>(url: string, settings?: StreamSettings<T>): StreamXHR<T, F>;
  <T = unknown, F = T>(settings: StreamSettings<T>): StreamXHR<T, F>;
}

/** Adds `$.stream` to a copy of jQuery, 1.12 or newer, and the data type `stream` to its `$.ajax`. */
export function install(jQuery: object): void;

declare global {
  interface JQueryStatic {
    /** Asks for a streamed response through `$.ajax`. */
    stream: JQueryStream;
  }
}
