/**
 * What went wrong:
 *
 * - `network`: no connection, or it broke (`cause`)
 * - `http`: a status outside 200 to 299 (`status`, `detail`, `problem`, `body`, `response`, `retryAfter`)
 * - `protocol`: the answer is not a stream, or breaks the rules of its format (`excerpt`)
 * - `truncated`: the body ended before the stream did
 * - `parse`: a packet is not JSON, or `decode` threw (`raw`, `index`, `cause`)
 * - `server`: the action failed after it had begun to answer (`status`, `detail`, `problem`)
 * - `too-large`: a packet is longer than `maxPacketBytes` (`length`)
 * - `timeout`: nothing came in time (`phase`, `ms`)
 * - `retries`: with `reconnect`, the connection broke more often in a row than `retries` allows (`attempts`, `cause`)
 * - `lost`: the run ended because its server did (`problem`)
 * - `cancelled`: somebody cancelled the run (`problem`)
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
  | 'retries'
  | 'lost'
  | 'cancelled'
  | 'gone';

/** Why a stream failed. */
export class StreamError extends Error {
  constructor(code: StreamErrorCode, message: string, details?: object);
  readonly name: 'StreamError';
  /** What went wrong; never match on the message. */
  readonly code: StreamErrorCode;
  /** Where the request went. */
  readonly url: string;
  /** How many packets had been handed on. */
  readonly packets: number;
  /** How many bytes of the body had been read. */
  readonly bytes: number;
  /** The last id that the server gave to a packet. */
  readonly lastId?: string;
  /** Which request it was, counted from 1. */
  readonly attempt: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** `http`, `server`: the status of the answer or of the problem. */
  readonly status?: number;
  /** `http`, `server`: what the server says of this failure, for people to read. */
  readonly detail?: string;
  /** `http`, `server`: the problem document (RFC 9457), or what else was sent as JSON. */
  readonly problem?: unknown;
  /** `http`: the body, up to 64 KiB of it, parsed if it is JSON. */
  readonly body?: unknown;
  /** `http`, `protocol`: the response; its body has been read. */
  readonly response?: Response;
  /** `http`: milliseconds to wait before the next attempt, as the header `Retry-After` says. */
  readonly retryAfter?: number;
  /** `protocol`: up to 64 bytes of what came instead, as text. */
  readonly excerpt?: string;
  /** `parse`: the packet as it came. */
  readonly raw?: unknown;
  /** `parse`: the index of the packet. */
  readonly index?: number;
  /** `too-large`: the length that was announced or reached. */
  readonly length?: number;
  /** `timeout`: what was waited for, the response's head or the next byte. */
  readonly phase?: 'response' | 'idle';
  /** `timeout`: how long was waited for it. */
  readonly ms?: number;
  /** `retries`: how many requests were made. */
  readonly attempts?: number;
}
