// The decoders, each on its own and all together.

import { frames } from './hazaar.mjs';
import { envelope, json } from './json.mjs';
import { ndjson } from './ndjson.mjs';
import { sse } from './sse.mjs';

/** Every decoder under its name. */
export const decoders = { envelope, frames, json, ndjson, sse };

export { envelope, frames, json, ndjson, sse };
