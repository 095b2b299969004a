// What to make of a response's head: the decoder that reads its body, or the failure that it is.

import { envelope, frames, json, ndjson, sse } from './decoders/index.mjs';
import { EXCERPT_LENGTH } from './decoders/rules.mjs';
import { StreamError, explain, parseOrKeep } from './error.mjs';

/**
 * @import { Decoder } from '../decoders.js'
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
  const type = typeOf(response);
  if (!response.ok) throw await httpError(response);
  const decoder = decoderFor(type, response.headers, options);
  if (decoder && response.body) return { body: response.body, decoder };
  const excerpt = await readText(response, EXCERPT_LENGTH);
  const message = `The answer is not a stream: ${response.status} ${type} from ${response.url}`;
  throw new StreamError('protocol', message, { response, excerpt });
}

/**
 * @param {string} type
 * @param {Headers} headers
 * @param {StreamOptions<any>} options
 * @returns {Decoder | undefined}
 */
function decoderFor(type, headers, { maxPacketBytes, end, decode }) {
  const [essence] = type.split(/[; ]/);
  const limits = { maxPacketBytes };
  const text = decode === 'text';
  const eof = end === 'eof';
  if (essence === 'text/event-stream') return sse({ ...limits, text, eof });
  if (text || eof) return undefined;
  if (essence === 'application/x-ndjson' || essence === 'application/jsonl') return ndjson(limits);
  if (essence === 'application/json') return (headers.get('x-response-type') === 'stream' ? envelope : json)(limits);
  // The charset tells Hazaar's frames from plain bytes.
  if (essence === 'application/octet-stream' && type.includes('iso-8859-1')) return frames(limits);
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
  const { status, statusText } = response;
  const type = typeOf(response);
  const text = await readText(response, BODY_LIMIT);
  const body = /[/+]json\b/.test(type) ? parseOrKeep(text) : text;
  // A page is not for a message.
  const { detail, message } = explain(type.startsWith('text/html') ? undefined : body);
  return new StreamError('http', message ?? `The server answered ${status} ${statusText}`, {
    status,
    detail,
    problem: typeof body === 'object' ? body : undefined,
    body,
    response,
    retryAfter: retryAfter(response.headers.get('retry-after') ?? ''),
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

/**
 * @param {string} value Seconds or a date.
 * @returns {number | undefined} Milliseconds from now.
 */
function retryAfter(value) {
  const ms = Number(value) * 1000;
  const wait = Number.isNaN(ms) ? Date.parse(value) - Date.now() : ms;
  return wait > 0 ? wait : undefined;
}
