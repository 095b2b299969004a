// Loads lazy modules.

import { StreamError } from './error.mjs';
import { lazy } from './lazy.mjs';

const ADVICE = 'Serve the folder `outflow/`, allow it in the CSP, or use `outflow.full.js` or `outflow/full`.';

/**
 * Loads a lazy module, or throws `load`.
 *
 * @template {keyof typeof lazy} N
 * @param {N} name
 * @param {string | false} [failure] What is known of a failure that the module would explain. The error is then `http`.
 * @param {object} [details] Members of the error then.
 * @returns {Promise<Awaited<ReturnType<(typeof lazy)[N]>>>}
 */
export async function load(name, failure, details) {
  try {
    return await /** @type {any} */ (lazy[name]());
  } catch (cause) {
    const message = `${failure || ''}The client's module \`${name}\` failed to load (${cause}). ${ADVICE}`;
    throw new StreamError(failure ? 'http' : 'load', message, { cause, ...(failure && details) });
  }
}
