// The response of a server that failed, as an error.

import { typeOf } from './media-type.mjs';

/** @import { Tools } from './tools.mjs' */

/** The length of a body that is read to explain a failure. */
const BODY_LIMIT = 64 << 10;
/** The time to read the body of a failure, which may never end. */
const BODY_TIMEOUT_MS = 2000;

/**
 * The error for a status outside 200 to 299, with the server's explanation.
 *
 * @param {Response} response
 * @param {Tools} tools
 */
export async function failedResponse(response, { parseOrKeep, serverError }) {
  const { status, statusText, headers } = response;
  const type = typeOf(response);
  const text = await readText(response, BODY_LIMIT);
  const body = /[/+]json$/.test(type) ? parseOrKeep(text) : text;
  const wait = headers.get('retry-after') ?? '';
  const ms = Number(wait) * 1000 || Date.parse(wait) - Date.now();
  // HTML does not belong in a message.
  return serverError(type === 'text/html' ? '' : body, 'http', `The server answered ${status} ${statusText}`, {
    status,
    problem: typeof body === 'object' ? body : undefined,
    body,
    response,
    retryAfter: ms > 0 ? ms : undefined,
  });
}

/**
 * Reads the start of a body. If reading fails, the text is just shorter.
 *
 * @param {Response} response
 * @param {number} maxLength
 */
export async function readText({ body }, maxLength) {
  if (!body) return '';
  const reader = body.getReader();
  const cancel = () => reader.cancel().catch(() => {});
  const timer = setTimeout(cancel, BODY_TIMEOUT_MS);
  const utf8 = new TextDecoder();
  let text = '';
  try {
    while (text.length < maxLength) {
      const { done, value } = await reader.read();
      if (done) break;
      text += utf8.decode(value, { stream: true });
    }
  } catch {
    // The body was only to explain a failure that is known already.
  }
  clearTimeout(timer);
  cancel();
  return text.slice(0, maxLength);
}
