// Loads lazy modules.

import { StreamError } from './error.mjs';
import { lazy } from './lazy.mjs';

/**
 * Loads a lazy module, or throws `load`.
 *
 * @template {keyof typeof lazy} N
 * @param {N} name
 * @returns {Promise<Awaited<ReturnType<(typeof lazy)[N]>>>}
 */
export async function load(name) {
  try {
    return await /** @type {any} */ (lazy[name]());
  } catch (cause) {
    throw new StreamError('load', `A module of the client could not be loaded (${cause}).`, { cause });
  }
}
