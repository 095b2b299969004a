// What to make of a response's head: the decoder that reads its body, or the failure that it is.

import { envelope, frames, json, ndjson, sse } from './decoders/index.mjs';
import { EXCERPT_LENGTH } from './decoders/rules.mjs';
import { StreamError, parseOrKeep, serverError } from './error.mjs';

/**
 * @import { Decoder, DecoderOptions } from '../decoders.js'
 * @import { StreamOptions } from '../index.js'
 */

const BODY_LIMIT = 64 * 1024;
/** An explanation is worth some waiting, but a failure must not wait for a body that never ends. */
const PATIENCE_MS = 2000;

/**
 * Decides by `Content-Type`. Other headers may be hidden from a page of another origin.
 *
 * @param {Response} response
 * @param {StreamOptions<any>} options
 * @returns {Promise<{ body: ReadableStream<Uint8Array>, decoder: Decoder }>}
 */
export async function open(response, options) {
  if (!response.ok) throw await httpError(response);
  const { status, url, body } = response;
  const decoder = decoderFor(response, options);
  if (decoder && body) return { body, decoder };
  const excerpt = await readText(response, EXCERPT_LENGTH);
  const message = `The answer is not a stream: ${status} ${typeOf(response)} from ${url}`;
  throw new StreamError('protocol', message, { response, excerpt });
}

/**
 * @param {Response} response
 * @param {StreamOptions<any>} options
 * @returns {Decoder | undefined}
 */
function decoderFor(response, { maxPacketBytes, end, decode }) {
  const [type, parameters] = typeOf(response).split(/ *;(.*)/);
  const text = decode === 'text';
  const eof = end === 'eof';
  if (type === 'text/event-stream') return sse({ maxPacketBytes, text, eof });
  if (text || eof) return;
  /** @type {Record<string, ((options: DecoderOptions) => Decoder) | undefined>} */
  const formats = {
    'application/json': response.headers.get('x-response-type') === 'stream' ? envelope : json,
    'application/jsonl': ndjson,
    // The charset tells Hazaar's frames from plain bytes.
    'application/octet-stream': parameters?.includes('iso-8859-1') ? frames : undefined,
    'application/x-ndjson': ndjson,
  };
  return formats[type]?.({ maxPacketBytes });
}

/** @param {Response} response */
function typeOf({ headers }) {
  return headers.get('content-type')?.toLowerCase() ?? '';
}

/**
 * A status outside 200 to 299, with what the server says about it.
 *
 * @param {Response} response
 */
export async function httpError(response) {
  const { status, statusText, headers } = response;
  const type = typeOf(response);
  const text = await readText(response, BODY_LIMIT);
  const body = /[/+]json\b/.test(type) ? parseOrKeep(text) : text;
  const wait = headers.get('retry-after') ?? '';
  const ms = Number(wait) * 1000 || Date.parse(wait) - Date.now();
  // A page is not for a message.
  return serverError(type.startsWith('text/html') ? '' : body, 'http', `The server answered ${status} ${statusText}`, {
    status,
    problem: typeof body === 'object' ? body : undefined,
    body,
    response,
    retryAfter: ms > 0 ? ms : undefined,
  });
}

/**
 * Reads the start of a body. Whatever goes wrong, there is just less of it.
 *
 * @param {Response} response
 * @param {number} most
 */
async function readText({ body }, most) {
  if (!body) return '';
  const reader = body.getReader();
  const cancel = () => reader.cancel().catch(() => {});
  const patience = setTimeout(cancel, PATIENCE_MS);
  const utf8 = new TextDecoder();
  let text = '';
  try {
    while (text.length < most) {
      const { done, value } = await reader.read();
      if (done) break;
      text += utf8.decode(value, { stream: true });
    }
  } catch {
    // The failure is known already; this was to be its explanation.
  }
  clearTimeout(patience);
  cancel();
  return text.slice(0, most);
}
