// The entry point of `outflow.js`, for pages without modules: the global `outflow`, and `$.stream` if jQuery is loaded.

import { StreamError, stream } from '../outflow.mjs';
import { install } from './jquery.mjs';

globalThis.outflow = { StreamError, install, stream };

const { jQuery } = /** @type {any} */ (globalThis);
if (jQuery) install(jQuery);
