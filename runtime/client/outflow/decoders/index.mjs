// The decoders, each on its own and all together.

import { tools } from '../tools.mjs';
import * as envelopes from './envelope.mjs';
import * as hazaar from './frames.mjs';
import * as documents from './json.mjs';
import * as lines from './ndjson.mjs';
import { sse } from './sse.mjs';

/** @import { DecoderOptions } from '../../decoders.js' */

/** @param {DecoderOptions} [options] */
export const envelope = (options = {}) => envelopes.envelope(options, tools);
/** @param {DecoderOptions} [options] */
export const frames = (options = {}) => hazaar.frames(options, tools);
/** @param {DecoderOptions} [options] */
export const json = (options = {}) => documents.json(options, tools);
/** @param {DecoderOptions} [options] */
export const ndjson = (options = {}) => lines.ndjson(options, tools);

/** Every decoder under its name. */
export const decoders = { envelope, frames, json, ndjson, sse };

export { sse };
