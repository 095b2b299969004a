// Turns a caller's options into requests. Mistakes in them throw here, before anything is sent.

import { StreamError } from './error.mjs';
import { load } from './load.mjs';
import { INIT, check, isFunction, isObject, needsSse } from './options.mjs';
import { tools } from './tools.mjs';

/** @import { StreamOptions } from '../index.js' */

/**
 * Changes to the caller's request for one attempt. A `url` is that of a run, which needs no body.
 *
 * @typedef {{ url?: string, init?: RequestInit, headers?: Record<string, string> }} Overrides
 */

/** For options that only server-sent events support. */
const SSE_ONLY = 'text/event-stream';
/** Server-sent events come first: proxies flush them, and they carry ids, heartbeats, results and failures. */
const ACCEPT = `${SSE_ONLY}, application/x-ndjson;q=0.9, application/json;q=0.8`;

/**
 * Checks the options and returns the function that sends a request.
 *
 * @param {string | URL | Request} target
 * @param {StreamOptions<any>} options
 */
export function prepare(target, options) {
  const { body, json, params, query, headers, format, fetch, resumable, onUploadProgress } = options;
  const request = target instanceof Request ? target : undefined;
  /** @type {BodyInit | undefined} A function has no JSON: it is called for each attempt. */
  const content = (json === undefined ? body : JSON.stringify(json)) ?? undefined;
  const hasBody = content !== undefined || isFunction(json);
  const method = options.method ?? request?.method ?? (hasBody || resumable ? 'POST' : 'GET');
  const fill = (/** @type {string} */ whole, /** @type {string} */ name) =>
    params ? encodeURIComponent(/** @type {string} */ (params[name]) ?? whole) : whole;
  const base = request?.url ?? String(target).replace(/{(.+?)}/g, fill);
  check(options, method, request, hasBody);
  if (!isFunction(headers)) new Headers(/** @type {HeadersInit} */ (headers)); // throws if they cannot be sent
  const prepared = {
    /** The URL of the last request. */
    url: withQuery(base, query),
    signal: options.signal ?? request?.signal,
    send,
  };
  const tried = content ?? (hasBody || request?.body ? '' : undefined);
  // A custom `fetch` decides itself which URLs it takes.
  const common = tryOut(fetch ? 'data:,' : prepared.url, method, tried, options);

  /**
   * @param {number} attempt
   * @param {AbortSignal} signal
   * @param {Overrides} [overrides]
   * @returns {Promise<Response>}
   */
  async function send(attempt, signal, overrides = {}) {
    const runUrl = overrides.url;
    // Otherwise the response would only come once it is complete.
    if (!(globalThis.ReadableStream || fetch)) throw (await load('response')).unstreamable(tools);
    const accept = needsSse(options)
      ? SSE_ONLY
      : format
        ? await (await load('response')).prepare(/** @type {any} */ (format), tools)
        : ACCEPT;
    const all = new Headers({ accept });
    if (json !== undefined && !runUrl) all.set('content-type', 'application/json');
    let sent = content;
    let option = 'headers';
    try {
      const made = (/** @type {any} */ value) => (isFunction(value) ? value(attempt) : value);
      for (const some of [(await made(headers)) ?? request?.headers, overrides.headers]) {
        new Headers(some).forEach((value, name) => all.set(name, value));
      }
      option = 'query';
      prepared.url = withQuery(base, await made(query));
      option = 'json';
      if (isFunction(json)) sent = JSON.stringify((await made(json)) ?? null);
    } catch (cause) {
      throw new StreamError('request', `The function \`${option}\` failed (${cause}).`, { cause });
    }
    /** @type {((input: any, init: RequestInit) => Promise<Response>) | undefined} */
    const uses = onUploadProgress && !runUrl ? (await load('upload')).uploader(onUploadProgress, tools) : fetch;
    if (signal.aborted) throw signal.reason;
    const init = { ...common, method, headers: all, body: sent, signal, ...overrides.init };
    const input = runUrl ?? request?.clone() ?? prepared.url;
    try {
      return await (uses ?? globalThis.fetch)(input, init);
    } catch (cause) {
      throw new StreamError('network', `No response (${cause}).`, { cause });
    }
  }
  return prepared;
}

/**
 * Makes a request without sending it, which throws if the request is impossible. Returns the members of `RequestInit`
 * that every attempt has.
 *
 * @param {string} url
 * @param {string} method
 * @param {any} content
 * @param {any} options
 */
function tryOut(url, method, content, options) {
  /** React Native has no class for it. */
  const isStream = content?.getReader;
  let isDuplexKnown = false;
  /** @type {any} */
  const init = {
    // A cache would hold back a second request for the same URL until the first stream has ended.
    cache: 'no-store',
    method,
    body: isStream ? new ReadableStream() : content, // the caller's stream must stay as it is
    credentials: options.credentials,
    // `fetch` refuses a stream as body without it. A browser that does not ask for it refuses all streams.
    get duplex() {
      isDuplexKnown = true;
      return 'half';
    },
  };
  for (const name of INIT) if (options[name] !== undefined) init[name] = options[name];
  let made;
  try {
    made = new Request(url, init);
  } catch (error) {
    if (options.cache) throw error;
    delete init.cache; // some workers have no cache, and refuse this
    made = new Request(url, init);
  }
  if (/^(ftp|wss?):/.test(made.url)) throw new TypeError(`\`${url}\` cannot be used here: use \`https\`.`);
  if (
    // It was turned into text.
    (isObject(content) && made.headers.get('content-type') === 'text/plain;charset=UTF-8') ||
    (isStream && !isDuplexKnown && globalThis.XMLHttpRequest)
  ) {
    throw new TypeError(`\`body: ${content}\` cannot be used here: use \`json\`, a string or a \`Blob\`.`);
  }
  return { ...init };
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
  // After the query that is there, and before the hash.
  return `${added}` ? url.replace(/(\?[^#]*)?(?=#|$)/, own => `${own ? `${own}&` : '?'}${added}`) : url;
}
