/**
 * The kind of failure, and the members that say more:
 *
 * - `network`: there was no connection, or it broke (`cause`)
 * - `http`: the status is not 200 to 299 (`status`, `detail`, `problem`, `body`, `response`, `retryAfter`)
 * - `protocol`: the response is not a stream, or is malformed (`excerpt`, `response`)
 * - `truncated`: the body ended before the stream did
 * - `parse`: a packet is not JSON, or `decode` threw (`raw`, `index`, `cause`)
 * - `server`: the action failed after the response had started (`status`, `detail`, `problem`)
 * - `too-large`: a packet is longer than `maxPacketBytes` (`length`)
 * - `timeout`: nothing arrived in time (`phase`, `ms`)
 * - `request`: the request could not be made, because a function among the options threw (`cause`)
 * - `load`: a module of the client could not be loaded (`cause`)
 * - `internal`: the client failed, or the platform lacks a feature that it needs (`cause`)
 * - `retries`: with `reconnect`, more attempts in a row failed than `retries` allows (`attempts`, `cause`)
 * - `lost`: the run ended because its server did (`problem`)
 * - `cancelled`: the run was cancelled (`problem`)
 * - `gone`: the server no longer has the run's packets (`problem`)
 */
export type StreamErrorCode =
  | 'network'
  | 'http'
  | 'protocol'
  | 'truncated'
  | 'parse'
  | 'server'
  | 'too-large'
  | 'timeout'
  | 'request'
  | 'load'
  | 'internal'
  | 'retries'
  | 'lost'
  | 'cancelled'
  | 'gone';

/**
 * A problem document (RFC 9457). An Outflow server always sends `type`, `title` and `status`; something between it and the
 * client, such as a proxy, may answer with other JSON.
 */
export interface Problem {
  /** A URI that names this kind of problem. `about:blank` says that the status is all there is to know. */
  readonly type?: string;
  /** A few words for this kind of problem. */
  readonly title?: string;
  /** The status, even if the response had started with another one. */
  readonly status?: number;
  /** This occurrence in words. */
  readonly detail?: string;
  /** A URI that names this occurrence. */
  readonly instance?: string;
  /** Any other member. */
  readonly [member: string]: unknown;
}

/** The failure of a stream. `P` is the type of its problem document. */
export class StreamError<P = Problem> extends Error {
  constructor(code: StreamErrorCode, message: string, details?: object);
  readonly name: 'StreamError';
  /** The kind of failure. Check this, not the message. */
  readonly code: StreamErrorCode;
  /** The URL of the request. */
  readonly url: string;
  /** The number of packets that had been delivered. */
  readonly packets: number;
  /** The number of bytes that had been read of the body. */
  readonly bytes: number;
  /** The last id that the server sent with a packet. */
  readonly lastId?: string;
  /** The number of the request, from 1. */
  readonly attempt: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** `http`, `server`: the status of the response or of the problem document. */
  readonly status?: number;
  /** `http`, `server`: the server's explanation for people. */
  readonly detail?: string;
  /** `http`, `server`: the problem document (RFC 9457), or other JSON that was sent instead. */
  readonly problem?: P;
  /** `http`: the first 64 KiB of the body, parsed if it is JSON. */
  readonly body?: unknown;
  /** `http`, `protocol`: the response. Its body has been read. */
  readonly response?: Response;
  /** `http`: milliseconds to wait before the next attempt, from the header `Retry-After`. */
  readonly retryAfter?: number;
  /** `protocol`: the first 64 bytes of the unexpected data, as text. */
  readonly excerpt?: string;
  /** `parse`: the packet as it arrived. */
  readonly raw?: unknown;
  /** `parse`: the index of the packet. */
  readonly index?: number;
  /** `too-large`: the length that was announced or reached. */
  readonly length?: number;
  /** `timeout`: whether the head of the response or the next byte was missing. */
  readonly phase?: 'response' | 'idle';
  /** `timeout`: the timeout in milliseconds. */
  readonly ms?: number;
  /** `retries`: the number of requests that were made. */
  readonly attempts?: number;
  /** For `JSON.stringify`: all members but `response`, and the `cause` as text. */
  toJSON(): Record<string, unknown>;
}
