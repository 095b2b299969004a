// Turns a caller's options into requests. Mistakes in them throw here, before anything is sent.

import { StreamError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { load } from './load.mjs';

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
const UNCHECKED = ['method', 'body', 'json', 'headers', 'credentials', 'signal'];
const RECONNECT_OPTIONS = ['delay', 'maxDelay', 'pauseWhenHidden', 'retries', 'unsafe'];

const isPositive = (/** @type {any} */ value) => value > 0;
const isBoolean = (/** @type {unknown} */ value) => typeof value === 'boolean';
const isFunction = (/** @type {unknown} */ value) => typeof value === 'function';
const isObject = (/** @type {unknown} */ value) => Object(value) === value;

/** The other options, each with its check. @type {Record<string, (value: any) => boolean>} */
export const CHECKS = {
  decode: value => value === 'text' || isFunction(value),
  end: value => value === 'eof',
  fetch: isFunction,
  maxPacketBytes: isPositive,
  responseTimeout: isPositive,
  idleTimeout: isPositive,
  onUploadProgress: isFunction,
  query: isObject,
  reconnect: value =>
    isBoolean(value) ||
    (isObject(value) &&
      // Booleans are numbers here.
      Object.entries(value).every(([name, one = 0]) => RECONNECT_OPTIONS.includes(name) && Number(one) >= 0)),
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
  /** Whether the body can be read only once: a stream or, in Node, what can be iterated like one. */
  const isStream =
    body instanceof ReadableStream || (isObject(body) && Symbol.asyncIterator in /** @type {any} */ (body));
  const isSafe = /^(get|head)$/i.test(method);
  /** The reason why options that are each valid exclude each other. */
  const conflict =
    (json !== undefined && (body || content === undefined) && '`json` must be a JSON value, and excludes `body`.') ||
    (request && (query || request.bodyUsed) && 'A `Request` takes no `query`, and needs an unused body.') ||
    (resumable && (isSafe || request) && '`resumable` needs a `POST` and a URL: no `GET`, no `Request`.') ||
    (reconnect &&
      !(isSafe || resumable || Object(reconnect).unsafe) &&
      `A \`${method}\` may run twice. Allow it with \`reconnect: { unsafe: true }\`.`) ||
    (isStream && (reconnect || resumable) && 'A stream cannot be sent again: use a `Blob`.') ||
    (onUploadProgress &&
      (!globalThis.XMLHttpRequest || isStream || request || fetch || credentials === 'omit') &&
      "`onUploadProgress` needs `XMLHttpRequest`: no `fetch`, no stream, no `Request`, no `credentials: 'omit'`.");
  if (conflict) throw new TypeError(conflict);
  if (!isFunction(headers)) new Headers(/** @type {HeadersInit} */ (headers)); // throws if they cannot be sent
  // A custom `fetch` decides itself which URLs it takes.
  const common = tryOut(fetch ? 'data:,' : url, method, content ?? (request?.body ? '' : undefined), credentials);

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
      try {
        const own = typeof headers === 'function' ? await headers(attempt) : (headers ?? request?.headers);
        for (const some of [own, overrides.headers]) {
          new Headers(some).forEach((value, name) => merged.set(name, value));
        }
      } catch (cause) {
        throw new StreamError('request', `\`headers\` failed (${cause}).`, { cause });
      }
      if (overrides.lastId) merged.set('last-event-id', overrides.lastId);
      const { upload } = onUploadProgress && !runUrl ? await load('upload') : {};
      if (signal.aborted) throw signal.reason;
      const init = {
        ...common,
        method: overrides.method ?? method,
        headers: merged,
        body: runUrl ? undefined : content,
        signal,
      };
      const input = runUrl ?? request?.clone() ?? url;
      try {
        return await (upload ? upload(reportProgress, url, init) : (fetch ?? globalThis.fetch)(input, init));
      } catch (cause) {
        throw new StreamError('network', `No response (${cause}).`, { cause });
      }
    },
  };
}

/**
 * Makes a request without sending it, which throws if the request is impossible. Returns the members of `RequestInit`
 * that every attempt has.
 *
 * @param {string} url
 * @param {string} method
 * @param {BodyInit | undefined} content
 * @param {RequestCredentials | undefined} credentials
 */
function tryOut(url, method, content, credentials) {
  const isReadable = content instanceof ReadableStream;
  let isDuplexKnown = false;
  const init = {
    method,
    body: isReadable ? new ReadableStream() : content, // the caller's stream must stay as it is
    credentials,
    // `fetch` refuses a stream as body without it. A browser that does not ask for it refuses all streams.
    get duplex() {
      isDuplexKnown = true;
      return 'half';
    },
  };
  const made = new Request(url, init);
  if (/^(ftp|wss?):/.test(made.url)) throw new TypeError(`\`${url}\` cannot be fetched: use \`http\` or \`https\`.`);
  if (
    // It was turned into text.
    (isObject(content) && made.headers.get('content-type') === 'text/plain;charset=UTF-8') ||
    (isReadable && !isDuplexKnown && globalThis.XMLHttpRequest)
  ) {
    throw new TypeError(`\`body: ${content}\` cannot be sent here: use \`json\`, a string or a \`Blob\`.`);
  }
  // A cache would hold back a second request for the same URL until the first stream has ended.
  const cache = /** @type {const} */ ('no-store');
  try {
    new Request('data:,', { cache });
    return { ...init, cache };
  } catch {
    return { ...init }; // some workers have no cache, and refuse this
  }
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
