// The one class of failures, and how a server's own words about a failure are read.

/** @import { StreamErrorCode } from '../error.js' */

/** Codes and statuses after which the same request may succeed later. 503 comes from a server that shuts down. */
const TEMPORARY = /^(network|truncated|timeout|http(408|425|429|5..)|server503)/;

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
    return TEMPORARY.test(this.code + /** @type {{ status?: number }} */ (this).status);
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
 * A failure in the server's own words: a problem document (RFC 9457), Hazaar's `{"error":{"str":…}}`, or plain text.
 *
 * @param {any} problem
 * @param {StreamErrorCode} [code]
 * @param {string} [message] For a server that has no words for it.
 * @param {object} [details]
 */
export function serverError(problem, code = 'server', message = 'The server failed.', details) {
  const said = problem?.error ?? problem;
  const { status, title, detail = said?.str } = typeof said === 'string' ? { detail: said } : Object(said);
  const [words, heading] = [detail, title].map(text => (typeof text === 'string' && text) || undefined);
  return new StreamError(code, words ?? heading ?? message, {
    status: Number(status) || undefined,
    detail: words,
    problem,
    ...details,
  });
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
