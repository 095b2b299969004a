// From what a caller says to what `fetch` takes. A caller's mistakes are thrown here, before anything is sent.

import { ACCEPT, SSE_ONLY } from './decoders/accept.mjs';

/** @import { StreamOptions } from '../index.js' */

/** Options that are passed on to the platform, which checks them itself. */
const PLAIN = ['method', 'body', 'json', 'query', 'headers', 'credentials', 'signal', 'fetch'];

const aboveZero = (/** @type {unknown} */ value) => Number(value) > 0;

/** @type {Record<string, (value: unknown) => boolean>} */
const CHECKED = {
  decode: value => value === 'text' || typeof value === 'function',
  end: value => value === 'eof',
  maxPacketBytes: aboveZero,
  responseTimeout: aboveZero,
  idleTimeout: aboveZero,
};

/**
 * Checks the options and gives what makes the request.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} options
 */
export function prepare(target, options) {
  const { method, json, query, headers, credentials, decode, end } = options;
  const given = target instanceof Request ? target : undefined;
  for (const [name, value] of Object.entries(options)) {
    // What would otherwise be ignored without a word.
    if (value !== undefined && !PLAIN.includes(name) && !CHECKED[name]?.(value)) {
      throw new TypeError(`This version has no option \`${name}: ${value}\`.`);
    }
  }
  if (options.body && json !== undefined) throw new TypeError('`body` and `json` exclude each other.');
  if (query && given) throw new TypeError('A `Request` has its `query` in its URL.');
  const body = (json === undefined ? options.body : JSON.stringify(json)) ?? undefined;
  const url = withQuery(given?.url ?? String(target), query);

  return {
    url,
    signal: options.signal ?? given?.signal,
    /**
     * @param {AbortSignal} signal
     * @returns {Promise<Response>}
     */
    async send(signal) {
      const own = typeof headers === 'function' ? await headers(1) : headers;
      const all = new Headers(own ?? given?.headers);
      const add = (/** @type {string} */ name, /** @type {string} */ value) => all.has(name) || all.set(name, value);
      add('accept', end || decode === 'text' ? SSE_ONLY : ACCEPT);
      if (json !== undefined) add('content-type', 'application/json');
      if (signal.aborted) throw signal.reason;
      const init = {
        method: method ?? (body === undefined ? undefined : 'POST'),
        headers: all,
        body,
        credentials,
        signal,
        // A cache would hold a second request for the same URL back until the first stream has ended.
        cache: /** @type {const} */ ('no-store'),
        // Without it a stream as body is refused.
        duplex: 'half',
      };
      return (options.fetch ?? globalThis.fetch)(given ?? url, init);
    },
  };
}

/**
 * @param {string} url
 * @param {StreamOptions['query']} query
 */
function withQuery(url, query = {}) {
  const added = new URLSearchParams();
  for (const [name, value] of query instanceof URLSearchParams ? query : Object.entries(query)) {
    for (const one of [value].flat()) if (one != null) added.append(name, String(one));
  }
  if (!`${added}`) return url;
  const [path, ...hash] = url.split(/(?=#)/);
  return path + (path.includes('?') ? '&' : '?') + added + hash.join('');
}
