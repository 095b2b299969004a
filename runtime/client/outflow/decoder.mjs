// The decoder for a response.

import { sse } from './decoders/sse.mjs';
import { load } from './load.mjs';
import { tools } from './tools.mjs';

/**
 * @import { Decoder, SseDecoder } from '../decoders.js'
 * @import { StreamOptions } from '../index.js'
 */

/** The usual content type. Whether another one is a stream, a lazy module decides. */
const SSE = /^text\/event-stream *(;[^,]*)?$/i;

/**
 * Makes the decoder for a response, or throws why it is no stream.
 *
 * @param {Response} response
 * @param {StreamOptions<any>} options
 * @param {string} [lastId] The last event id so far.
 * @returns {Promise<Decoder & Partial<SseDecoder>>}
 */
export async function decoderFor(response, options, lastId) {
  const { ok, status, headers, body } = response;
  /** @type {any} */
  const sseOptions = { ...options, lastId };
  if (ok && body && !options.format && SSE.test(`${headers.get('content-type')}`)) return sse(sseOptions);
  // Without the module, the server's explanation is missing in the error.
  const part = await load('response', !ok && `The server answered ${status}. `, { status, response });
  return part.decoderFor(response, sseOptions, tools);
}
