// Turns a caller's options into requests. Mistakes in them throw here, before anything is sent.

import { callAll } from './handlers.mjs';
import { lazy } from './lazy.mjs';

/** @import { StreamOptions } from '../index.js' */

/**
 * Changes to the caller's request for one attempt. A `url` is that of a run, which needs no body.
 *
 * @typedef {{ url?: string, method?: string, headers?: Record<string, string>, lastId?: string }} Overrides
 */

/** For options that only server-sent events support. */
const SSE_ONLY = 'text/event-stream';
/** Server-sent events come first: proxies flush them, and they carry ids, heartbeats, results and failures. */
const ACCEPT = `${SSE_ONLY}, application/x-ndjson;q=0.9, application/json;q=0.8`;

/** Options that the platform checks. */
const UNCHECKED = ['method', 'body', 'json', 'query', 'headers', 'credentials', 'signal', 'fetch'];
const RECONNECT_OPTIONS = ['delay', 'maxDelay', 'pauseWhenHidden', 'retries', 'unsafe'];

const isPositive = (/** @type {any} */ value) => value > 0;
const isBoolean = (/** @type {unknown} */ value) => typeof value === 'boolean';
const isFunction = (/** @type {unknown} */ value) => typeof value === 'function';

/** The other options, each with its check. @type {Record<string, (value: any) => boolean>} */
export const CHECKS = {
  decode: value => value === 'text' || isFunction(value),
  end: value => value === 'eof',
  maxPacketBytes: isPositive,
  responseTimeout: isPositive,
  idleTimeout: isPositive,
  onUploadProgress: isFunction,
  reconnect: value =>
    isBoolean(value) || (Object(value) === value && Object.keys(value).every(name => RECONNECT_OPTIONS.includes(name))),
  resumable: isBoolean,
};

/**
 * Checks the options and returns the function that sends a request.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} options
 */
export function prepare(target, options) {
  const { body, json, query, headers, credentials, fetch, decode, end, reconnect, resumable, onUploadProgress } =
    options;
  const request = target instanceof Request ? target : undefined;
  const content = (json === undefined ? body : JSON.stringify(json)) ?? undefined;
  const method = options.method ?? request?.method ?? (content === undefined && !resumable ? 'GET' : 'POST');
  const url = withQuery(request?.url ?? String(target), query);

  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !UNCHECKED.includes(name) && !CHECKS[name]?.(value)) {
      throw new TypeError(`Invalid option: \`${name}: ${String(value)}\`.`);
    }
  }
  const reportProgress = (/** @type {any} */ progress) =>
    void callAll([/** @type {any} */ (onUploadProgress)], progress);
  const isStream = body instanceof ReadableStream;
  const isSafe = /^(get|head)$/i.test(method);
  /** Options that are valid each, but not together. */
  const conflict =
    (body && json !== undefined && 'Use either `body` or `json`.') ||
    (query && request && 'A `Request` takes no `query`.') ||
    (resumable && (isSafe || request) && '`resumable` needs a `POST` and a URL: no `GET`, no `Request`.') ||
    (reconnect &&
      !(isSafe || resumable || Object(reconnect).unsafe) &&
      `A \`${method}\` may run twice. Allow it with \`reconnect: { unsafe: true }\`.`) ||
    (isStream && (reconnect || resumable) && 'A stream cannot be sent again: use a `Blob`.') ||
    (onUploadProgress &&
      (!globalThis.XMLHttpRequest || isStream || request || fetch || credentials === 'omit') &&
      "`onUploadProgress` needs `XMLHttpRequest`: no `fetch`, no stream, no `Request`, no `credentials: 'omit'`.");
  if (conflict) throw new TypeError(conflict);

  return {
    url,
    signal: options.signal ?? request?.signal,
    /**
     * @param {number} attempt
     * @param {AbortSignal} signal
     * @param {Overrides} [overrides]
     * @returns {Promise<Response>}
     */
    async send(attempt, signal, overrides = {}) {
      const runUrl = overrides.url;
      const merged = new Headers({ accept: resumable || end || decode === 'text' ? SSE_ONLY : ACCEPT });
      if (json !== undefined && !runUrl) merged.set('content-type', 'application/json');
      const own = typeof headers === 'function' ? await headers(attempt) : (headers ?? request?.headers);
      for (const some of [own, overrides.headers]) {
        new Headers(some).forEach((value, name) => merged.set(name, value));
      }
      if (overrides.lastId) merged.set('last-event-id', overrides.lastId);
      const { upload } = onUploadProgress && !runUrl ? await lazy.upload() : {};
      if (signal.aborted) throw signal.reason;
      const init = {
        method: overrides.method ?? method,
        headers: merged,
        body: runUrl ? undefined : content,
        credentials,
        signal,
        // A cache would hold back a second request for the same URL until the first stream has ended.
        cache: /** @type {const} */ ('no-store'),
        // `fetch` refuses a stream as body without it.
        duplex: 'half',
      };
      if (upload) return upload(reportProgress, url, init);
      return (fetch ?? globalThis.fetch)(runUrl ?? request?.clone() ?? url, init);
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
