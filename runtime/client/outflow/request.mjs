// From what a caller says to what `fetch` takes. A caller's mistakes are thrown here, before anything is sent.

import { ACCEPT, SSE_ONLY } from './decoders/accept.mjs';
import { upload } from './upload.mjs';

/** @import { StreamOptions } from '../index.js' */

/**
 * What one request has in place of what the caller said.
 *
 * @typedef {{ url?: string, method?: string, headers?: Record<string, string>, lastId?: string }} Changes
 */

/** Options that are passed on to the platform, which checks them itself. */
const PLAIN = ['method', 'body', 'json', 'query', 'headers', 'credentials', 'signal', 'fetch'];
const RECONNECT = ['delay', 'maxDelay', 'pauseWhenHidden', 'retries', 'unsafe'];

const aboveZero = (/** @type {unknown} */ value) => Number(value) > 0;
const isBoolean = (/** @type {unknown} */ value) => typeof value === 'boolean';
const isKnown = (/** @type {string} */ name) => RECONNECT.includes(name);

/** @type {Record<string, (value: any) => boolean>} */
const CHECKED = {
  decode: value => value === 'text' || typeof value === 'function',
  end: value => value === 'eof',
  maxPacketBytes: aboveZero,
  responseTimeout: aboveZero,
  idleTimeout: aboveZero,
  onUploadProgress: value => typeof value === 'function',
  reconnect: value => isBoolean(value) || (Object(value) === value && Object.keys(value).every(isKnown)),
  resumable: isBoolean,
};

/**
 * Checks the options and gives what makes the requests.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} options
 */
export function prepare(target, options) {
  for (const [name, value] of Object.entries(options)) {
    // What would otherwise be ignored without a word.
    if (value !== undefined && !PLAIN.includes(name) && !CHECKED[name]?.(value)) {
      throw new TypeError(`\`stream\` has no option \`${name}: ${String(value)}\`.`);
    }
  }
  const { json, query, headers, credentials, decode, end, resumable } = options;
  const given = target instanceof Request ? target : undefined;
  const body = (json === undefined ? options.body : JSON.stringify(json)) ?? undefined;
  const method = options.method ?? given?.method ?? (body === undefined && !resumable ? 'GET' : 'POST');
  refuse(options, given, method);
  const url = withQuery(given?.url ?? String(target), query);
  const sseOnly = resumable || end || decode === 'text';

  return {
    url,
    signal: options.signal ?? given?.signal,
    /**
     * @param {number} attempt
     * @param {AbortSignal} signal
     * @param {Changes} changes
     * @returns {Promise<Response>}
     */
    async send(attempt, signal, changes) {
      const own = typeof headers === 'function' ? await headers(attempt) : headers;
      const all = new Headers(own ?? given?.headers);
      const add = (/** @type {string} */ name, /** @type {string} */ value) => all.has(name) || all.set(name, value);
      add('accept', sseOnly ? SSE_ONLY : ACCEPT);
      if (json !== undefined && !changes.url) add('content-type', 'application/json');
      for (const [name, value] of Object.entries(changes.headers ?? {})) all.set(name, value);
      if (changes.lastId) all.set('last-event-id', changes.lastId);
      if (signal.aborted) throw signal.reason;
      const init = {
        method: changes.method ?? method,
        headers: all,
        body: changes.url ? undefined : body,
        credentials,
        signal,
        // A cache would hold a second request for the same URL back until the first stream has ended.
        cache: /** @type {const} */ ('no-store'),
        // Without it a stream as body is refused.
        duplex: 'half',
      };
      if (options.onUploadProgress && !changes.url) return upload(options.onUploadProgress)(url, init);
      return (options.fetch ?? globalThis.fetch)(changes.url ?? given?.clone() ?? url, init);
    },
  };
}

/**
 * What each option allows, and together they do not.
 *
 * @param {StreamOptions<any>} options
 * @param {Request | undefined} given
 * @param {string} method
 */
function refuse({ body, json, query, fetch, reconnect, resumable, onUploadProgress }, given, method) {
  const onlyReads = /^(get|head)$/i.test(method);
  const isStream = body instanceof ReadableStream;
  const unsafe = Object(reconnect).unsafe || resumable;
  /** @type {[unknown, string][]} */
  const rules = [
    [body && json !== undefined, '`body` and `json` exclude each other.'],
    [query && given, 'A `Request` has its `query` in its URL.'],
    [resumable && onlyReads, `A run is started by a \`POST\`, not by a \`${method}\`.`],
    [resumable && given, '`resumable` needs a URL and options, not a `Request`.'],
    [
      reconnect && !onlyReads && !unsafe,
      `To send a \`${method}\` again may do its work twice. If it may, say \`reconnect: { unsafe: true }\`.`,
    ],
    [isStream && (reconnect || resumable), 'A stream as `body` cannot be sent again. Send a `Blob` or a string.'],
    [
      onUploadProgress && (!globalThis.XMLHttpRequest || isStream || given || fetch),
      '`onUploadProgress` needs `XMLHttpRequest`, which takes neither a `Request`, a stream nor a `fetch`.',
    ],
  ];
  for (const [broken, message] of rules) if (broken) throw new TypeError(message);
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
