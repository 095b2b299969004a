// The error for a body that breaks the rules of its format.

/** @import { Tools } from '../tools.mjs' */

/** The length of the quotation in the error. */
const EXCERPT_LENGTH = 64;

/**
 * @param {string} found
 * @param {Tools} tools
 */
export function malformed(found, { StreamError }) {
  const excerpt = found.slice(0, EXCERPT_LENGTH);
  return new StreamError('protocol', `Malformed stream: ${excerpt}`, { excerpt });
}
