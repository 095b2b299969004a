// From what a caller says to what `fetch` takes. A caller's mistakes are thrown here, before anything is sent.

import { callAll } from './handlers.mjs';
import { parts } from './parts.mjs';

/** @import { StreamOptions } from '../index.js' */

/**
 * What one request has in place of what the caller said.
 *
 * @typedef {{ url?: string, method?: string, headers?: Record<string, string>, lastId?: string }} Changes
 */

/** For options that only server-sent events can fulfil. */
const SSE_ONLY = 'text/event-stream';
/** Server-sent events first: proxies flush them, and they carry ids, heartbeats, result and failure. */
const ACCEPT = `${SSE_ONLY}, application/x-ndjson;q=0.9, application/json;q=0.8`;

/** Options that are passed on to the platform, which checks them itself. */
const PLAIN = ['method', 'body', 'json', 'query', 'headers', 'credentials', 'signal', 'fetch'];
const RECONNECT = ['delay', 'maxDelay', 'pauseWhenHidden', 'retries', 'unsafe'];

const isAboveZero = (/** @type {any} */ value) => value > 0;
const isBoolean = (/** @type {unknown} */ value) => typeof value === 'boolean';
const isFunction = (/** @type {unknown} */ value) => typeof value === 'function';

/** @type {Record<string, (value: any) => boolean>} */
export const CHECKED = {
  decode: value => value === 'text' || isFunction(value),
  end: value => value === 'eof',
  maxPacketBytes: isAboveZero,
  responseTimeout: isAboveZero,
  idleTimeout: isAboveZero,
  onUploadProgress: isFunction,
  reconnect: value =>
    isBoolean(value) || (Object(value) === value && Object.keys(value).every(name => RECONNECT.includes(name))),
  resumable: isBoolean,
};

/**
 * Checks the options and gives what makes the requests.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} options
 */
export function prepare(target, options) {
  const { body, json, query, headers, credentials, fetch, decode, end, reconnect, resumable, onUploadProgress } =
    options;
  const given = target instanceof Request ? target : undefined;
  const content = (json === undefined ? body : JSON.stringify(json)) ?? undefined;
  const method = options.method ?? given?.method ?? (content === undefined && !resumable ? 'GET' : 'POST');
  const url = withQuery(given?.url ?? String(target), query);

  for (const [name, value] of Object.entries(options)) {
    // What would otherwise be ignored without a word.
    if (value !== undefined && !PLAIN.includes(name) && !CHECKED[name]?.(value)) {
      throw new TypeError(`There is no option \`${name}: ${String(value)}\`.`);
    }
  }
  const told = (/** @type {any} */ progress) => void callAll([/** @type {any} */ (onUploadProgress)], progress);
  const isStream = body instanceof ReadableStream;
  const onlyReads = /^(get|head)$/i.test(method);
  /** What each option allows, and together they do not. */
  const mistake =
    (body && json !== undefined && '`body` and `json` exclude each other.') ||
    (query && given && 'A `Request` has its `query` in its URL.') ||
    (resumable && (onlyReads || given) && '`resumable` needs a `POST` and a URL: no `GET`, no `Request`.') ||
    (reconnect &&
      !(onlyReads || resumable || Object(reconnect).unsafe) &&
      `A \`${method}\` may do its work twice. Allow it by \`reconnect: { unsafe: true }\`.`) ||
    (isStream && (reconnect || resumable) && 'A stream cannot be sent again: use a `Blob` as `body`.') ||
    (onUploadProgress &&
      (!globalThis.XMLHttpRequest || isStream || given || fetch || credentials === 'omit') &&
      "`onUploadProgress` needs `XMLHttpRequest`: no `fetch`, no stream, no `Request`, no `credentials: 'omit'`.");
  if (mistake) throw new TypeError(mistake);

  return {
    url,
    signal: options.signal ?? given?.signal,
    /**
     * @param {number} attempt
     * @param {AbortSignal} signal
     * @param {Changes} [changes]
     * @returns {Promise<Response>}
     */
    async send(attempt, signal, changes = {}) {
      const again = changes.url;
      const all = new Headers({ accept: resumable || end || decode === 'text' ? SSE_ONLY : ACCEPT });
      if (json !== undefined && !again) all.set('content-type', 'application/json');
      const own = typeof headers === 'function' ? await headers(attempt) : (headers ?? given?.headers);
      for (const some of [own, changes.headers]) new Headers(some).forEach((value, name) => all.set(name, value));
      if (changes.lastId) all.set('last-event-id', changes.lastId);
      const { upload } = onUploadProgress && !again ? await parts.upload() : {};
      if (signal.aborted) throw signal.reason;
      const init = {
        method: changes.method ?? method,
        headers: all,
        body: again ? undefined : content,
        credentials,
        signal,
        // A cache would hold a second request for the same URL back until the first stream has ended.
        cache: /** @type {const} */ ('no-store'),
        // Without it a stream as body is refused.
        duplex: 'half',
      };
      if (upload) return upload(told, url, init);
      return (fetch ?? globalThis.fetch)(again ?? given?.clone() ?? url, init);
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
    for (const one of [value].flat()) if (one != null) added.append(name, /** @type {string} */ (one));
  }
  // Before the hash, or at the end.
  return `${added}` ? url.replace(/#|$/, `${/^[^#]*\?/.test(url) ? '&' : '?'}${added}$&`) : url;
}
