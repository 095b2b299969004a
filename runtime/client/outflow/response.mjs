// Decides from a response's head how to read its body: with which decoder, or as the explanation of a failure.

import { envelope, frames, json, ndjson, sse } from './decoders/index.mjs';
import { EXCERPT_LENGTH } from './decoders/shared.mjs';
import { StreamError, parseOrKeep, serverError } from './error.mjs';

/**
 * @import { Decoder, DecoderOptions, SseDecoder } from '../decoders.js'
 * @import { StreamOptions } from '../index.js'
 */

/** The length of a body that is read to explain a failure. */
const BODY_LIMIT = 64 << 10;
/** A media type (RFC 6838, section 4.2). */
const MEDIA_TYPE = /^[-\w.+!#$&^]+\/[-\w.+!#$&^]+$/;
/** The time to read the body of a failure, which may never end. */
const BODY_TIMEOUT_MS = 2000;

/**
 * Chooses the decoder by `Content-Type`. CORS may hide other headers.
 *
 * @param {Response} response
 * @param {StreamOptions<any>} options
 * @param {string} [lastId] The last event id so far.
 * @returns {Promise<{ body: ReadableStream<Uint8Array>, decoder: Decoder & Partial<SseDecoder> }>}
 */
export async function open(response, options, lastId) {
  if (!response.ok) throw await httpError(response);
  const { status, url, body } = response;
  const decoder = decoderFor(response, options, lastId);
  if (decoder && body) return { body, decoder };
  const excerpt = await readText(response, EXCERPT_LENGTH);
  const message = `Not a stream: ${status} ${typeOf(response)} from ${url}`;
  throw new StreamError('protocol', message, { response, excerpt });
}

/**
 * @param {Response} response
 * @param {StreamOptions<any>} options
 * @param {string} [lastId]
 * @returns {Decoder | undefined}
 */
function decoderFor(response, { maxPacketBytes, end, decode }, lastId) {
  const type = typeOf(response);
  const text = decode === 'text';
  const eof = end === 'eof';
  if (type === 'text/event-stream') return sse({ maxPacketBytes, text, eof, lastId });
  if (text || eof) return;
  /** @type {Record<string, ((options: DecoderOptions) => Decoder) | undefined>} */
  const formats = {
    'application/json': response.headers.get('x-response-type') === 'stream' ? envelope : json,
    'application/jsonl': ndjson,
    // The charset tells Hazaar's frames from other bytes.
    'application/octet-stream': /iso-8859-1/i.test(`${response.headers.get('content-type')}`) ? frames : undefined,
    'application/x-ndjson': ndjson,
  };
  return formats[type]?.({ maxPacketBytes });
}

/**
 * The media type that browsers see (Fetch standard, section 2.2.2, "extract a MIME type"), without its parameters: the
 * last valid one, because a header that was sent twice arrives as a list.
 *
 * @param {Response} response
 */
function typeOf({ headers }) {
  // Quotes may hold commas.
  const list = `${headers.get('content-type')}`.toLowerCase().replace(/"(\\.|[^"\\])*"?/g, '"');
  const types = list.split(',').map(value => value.split(';')[0].trim());
  return types.filter(type => MEDIA_TYPE.test(type)).pop() ?? '';
}

/**
 * The error for a status outside 200 to 299, with the server's explanation.
 *
 * @param {Response} response
 */
export async function httpError(response) {
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
async function readText({ body }, maxLength) {
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
