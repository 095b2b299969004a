// The one class of failures, and how a server's own words about a failure are read.

/** @import { StreamErrorCode } from '../error.js' */

/** Statuses and codes after which the same request may succeed later. */
const TEMPORARY = /^(408|425|429|5..|network|truncated|timeout)$/;

/** Why a stream failed. `code` tells failures apart; which members there are beside it is listed in `error.d.ts`. */
export class StreamError extends Error {
  name = /** @type {const} */ ('StreamError');

  // Filled in by the stream; decoders, where most failures are found, do not know these.
  url = '';
  packets = 0;
  bytes = 0;
  attempt = 0;
  /** @type {string | undefined} */
  lastId;

  /**
   * @param {StreamErrorCode} code
   * @param {string} message
   * @param {object} [details] Members for this code.
   */
  constructor(code, message, details) {
    super(message);
    this.code = code;
    Object.assign(this, details);
  }

  /** Whether the same request may succeed later. */
  get retryable() {
    const { code, status } = /** @type {this & { status?: number }} */ (this);
    // A server that shuts down in the middle of a stream says 503; any other failure would come again.
    return TEMPORARY.test(code === 'http' ? `${status}` : code) || (code === 'server' && status === 503);
  }
}

/**
 * What was thrown, as a failure of the stream. Whatever is none yet came from the network.
 *
 * @param {any} cause
 * @param {string} message
 * @returns {StreamError}
 */
export function asStreamError(cause, message) {
  return cause instanceof StreamError ? cause : new StreamError('network', message, { cause });
}

/**
 * The failure that a server sent at the end of a stream.
 *
 * @param {unknown} problem
 */
export function serverError(problem) {
  const { message = 'The server failed.', ...details } = explain(problem);
  return new StreamError('server', message, { ...details, problem });
}

/**
 * What a failure's description says for people: a problem document (RFC 9457), Hazaar's `{"error":{"str":…}}`, or
 * plain text.
 *
 * @param {any} sent
 * @returns {{ status?: number, detail?: string, message?: string }}
 */
export function explain(sent) {
  if (sent?.error) return explain(sent.error);
  const { status, title, detail = sent?.str } = typeof sent === 'string' ? { detail: sent } : Object(sent);
  /** @param {unknown} value */
  const words = value => (value && typeof value === 'string' ? value : undefined);
  return { status: Number(status) || undefined, detail: words(detail), message: words(detail) ?? words(title) };
}

/**
 * JSON where it is JSON; a server may have written plain text in its place.
 *
 * @param {string} text
 */
export function parseOrKeep(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
