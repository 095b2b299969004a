// The error class of the client, and how a server's account of a failure becomes one.

/** @import { StreamErrorCode } from '../error.js' */

/** Codes and statuses after which the same request may succeed later. A server that shuts down sends 503. */
const RETRYABLE = /^(network|truncated|timeout|http(408|425|429|5..)|server503)/;

/** Why a stream failed. `error.d.ts` lists the codes and the members of each. */
export class StreamError extends Error {
  name = /** @type {const} */ ('StreamError');

  /**
   * @param {StreamErrorCode} code
   * @param {string} message
   * @param {object} [details] Members for this code.
   */
  constructor(code, message, details) {
    super(message);
    this.code = code;
    // The stream fills these in; decoders, which find most failures, do not know them.
    this.url = '';
    this.packets = this.bytes = this.attempt = 0;
    Object.assign(this, details);
  }

  /** Whether the same request may succeed later. */
  get retryable() {
    return RETRYABLE.test(this.code + /** @type {{ status?: number }} */ (this).status);
  }

  /** For `JSON.stringify`: what a log needs. @returns {any} */
  toJSON() {
    const { message, retryable, cause } = /** @type {any} */ (this);
    // Other errors than ours are `{}` in JSON, and so is a response.
    return { ...this, message, retryable, cause: cause && String(cause), response: undefined };
  }
}

/**
 * Turns anything that was thrown into a `StreamError`. Any other exception is a fault of the client, or of a
 * platform that lacks a feature.
 *
 * @param {any} cause
 * @returns {StreamError}
 */
export function asStreamError(cause) {
  return cause instanceof StreamError ? cause : new StreamError('internal', `The client failed (${cause}).`, { cause });
}

/**
 * The error for a failure that the server describes: by a problem document (RFC 9457), Hazaar's `{"error":{"str":…}}`,
 * or plain text.
 *
 * @param {any} problem
 * @param {StreamErrorCode} [code]
 * @param {string} [message] Used if the server says nothing.
 * @param {object} [details]
 */
export function serverError(problem, code = 'server', message = 'The server failed.', details) {
  const content = problem?.error ?? problem;
  const { status, title, detail = content?.str } = typeof content === 'string' ? { detail: content } : Object(content);
  const own = (/** @type {unknown} */ text) => (typeof text === 'string' && text) || undefined;
  const ownDetail = own(detail);
  return new StreamError(code, ownDetail ?? own(title) ?? message, {
    status: Number(status) || undefined,
    detail: ownDetail,
    problem,
    ...details,
  });
}

/**
 * Parses JSON, or returns the text if it is not JSON, because a server may send plain text instead.
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
