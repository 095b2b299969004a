// Responses other than usual server-sent events: those with another content type, and those of a server that failed.

import { failedResponse, readText } from './failed-response.mjs';
import { typeOf } from './media-type.mjs';

export { failedResponse };

/**
 * @import { Decoder, SseOptions } from '../decoders.js'
 * @import { Format, StreamOptions } from '../index.js'
 * @import { Tools } from './tools.mjs'
 */

/** The media types by the names of their formats. @type {Record<Format, string>} */
const MEDIA_TYPES = {
  sse: 'text/event-stream',
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  envelope: 'application/json',
  frames: 'application/octet-stream;charset=ISO-8859-1',
};
/** The names of newline-delimited JSON, none of which is registered. */
const NDJSON = /^application\/((x-)?(nd-?json|json-?l(ines)?|json-stream)|stream\+json)$/;
/** The length of the quotation from a body that is not a stream. */
const EXCERPT_LENGTH = 64;

/**
 * Loads the decoder of a format, before streams may have taken all connections of the page. Returns the `Accept` to
 * send: a server that does not know the name may still send the format.
 *
 * @param {Exclude<Format, 'sse'>} format
 * @param {Tools} tools
 */
export async function prepare(format, { load }) {
  await load(format);
  return `${MEDIA_TYPES[format]}, */*;q=0.1`;
}

/** The error for a platform whose responses come only when they are complete. @param {Tools} tools */
export const unstreamable = ({ StreamError }) =>
  new StreamError(
    'internal',
    '`fetch` cannot stream here. In React Native, set the option `fetch` to that of `expo/fetch`.',
  );

/**
 * Makes the decoder for a response, or throws why it is no stream.
 *
 * @param {Response} response
 * @param {StreamOptions<any> & Omit<SseOptions, 'decode'>} options
 * @param {Tools} tools
 * @returns {Promise<Decoder>}
 */
export async function decoderFor(response, options, tools) {
  const { ok, status, url, body } = response;
  if (!ok) throw await failedResponse(response, tools);
  if (body === undefined || !(body || globalThis.ReadableStream)) throw unstreamable(tools);
  const format = body && formatOf(response, options);
  if (format === 'sse') return tools.sse(/** @type {any} */ (options));
  if (format) {
    const part = /** @type {any} */ (await tools.load(format));
    return part[format](options, tools);
  }
  const excerpt = await readText(response, EXCERPT_LENGTH);
  const message = `Not a stream: ${status} ${typeOf(response)} from ${url}`;
  throw new tools.StreamError('protocol', message, { response, excerpt });
}

/**
 * The format that the option says or else the content type, because CORS may hide other headers.
 *
 * @param {Response} response
 * @param {StreamOptions<any>} options
 * @returns {Format | false | undefined}
 */
function formatOf(response, { format, resumable, end, decode }) {
  const { headers } = response;
  const type = typeOf(response);
  if (type === MEDIA_TYPES.sse) return (format ?? 'sse') === 'sse' && 'sse';
  // A page, such as that of a login, is no stream whatever the option says.
  if (format) return type !== 'text/html' && format;
  if (resumable || end || decode === 'text') return;
  if (type === MEDIA_TYPES.json) return headers.get('x-response-type') === 'stream' ? 'envelope' : 'json';
  // The charset tells Hazaar's frames from other bytes.
  if (type === 'application/octet-stream') return /iso-8859-1/i.test(`${headers.get('content-type')}`) && 'frames';
  return NDJSON.test(type) && 'ndjson';
}
