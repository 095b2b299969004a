// The options of a stream: which there are, which values they take, and which exclude each other.

/** @import { StreamOptions } from '../index.js' */

/**
 * Members of `RequestInit` that go to `fetch` as they are, apart from `credentials`. `dispatcher` is undici's. With
 * `integrity`, no byte would be readable before the last one.
 */
export const INIT = 'cache dispatcher keepalive mode priority redirect referrer referrerPolicy'.split(' ');
/** Options that the platform checks. */
const UNCHECKED = [...INIT, 'method', 'body', 'json', 'headers', 'credentials', 'signal'];
const RECONNECT_OPTIONS = /^(delay|maxDelay|pauseWhenHidden|retries|unsafe|when)$/;

const isPositive = (/** @type {any} */ value) => value > 0;
const isBoolean = (/** @type {unknown} */ value) => value === !!value;
/** @type {(value: unknown) => value is Function} */
export const isFunction = value => typeof value === 'function';
export const isObject = (/** @type {unknown} */ value) => Object(value) === value;

/** The other options, each with its check. @type {Record<string, (value: any) => boolean>} */
export const CHECKS = {
  decode: value => value === 'text' || isFunction(value),
  end: value =>
    value === 'eof' ||
    (/^(data|event)$/.test(/** @type {any} */ (Object.keys(Object(value)))) &&
      typeof (value.data ?? value.event) === 'string' &&
      // An event has a name, and `error` is a failure.
      !/^(error)?$/.test(value.event)),
  fetch: isFunction,
  format: value => /^(sse|ndjson|json|envelope|frames)$/.test(value),
  latest: isBoolean,
  maxPacketBytes: isPositive,
  responseTimeout: isPositive,
  idleTimeout: isPositive,
  onUploadProgress: isFunction,
  params: isObject,
  query: isObject,
  reconnect: value =>
    isBoolean(value) ||
    (isObject(value) &&
      Object.entries(value).every(
        ([name, one = 0]) =>
          RECONNECT_OPTIONS.test(name) &&
          // Booleans are numbers here.
          (one && name === 'when' ? isFunction(one) : Number(one) >= 0),
      )),
  resumable: isBoolean,
  shared: value => !isObject(value),
};

/**
 * Throws if an option is unknown, has an invalid value, or excludes another one.
 *
 * @param {any} options
 * @param {string} method
 * @param {Request | undefined} request The target, unless it is a URL.
 * @param {boolean} hasBody
 */
export function check(options, method, request, hasBody) {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !UNCHECKED.includes(name) && !CHECKS[name]?.(value)) {
      throw new TypeError(`Invalid option: \`${name}: ${String(value)}\`.`);
    }
  }
  const { body, json, params, query, fetch, format, credentials, reconnect, resumable, shared, onUploadProgress } =
    options;
  /** Whether the body can be read only once: a stream or, in Node, what can be iterated like one. */
  const isStream = body?.getReader ?? body?.[Symbol.asyncIterator];
  const isSafe = /^(get|head)$/i.test(method);
  const isMade = isFunction(json) || isFunction(query);
  /** The reason why options that are each valid exclude each other. */
  const conflict =
    (json !== undefined && (body || !hasBody) && '`json` must be a JSON value, and excludes `body`.') ||
    (request &&
      (query || params || request.bodyUsed) &&
      'A `Request` takes no `query` or `params`, and needs an unused body.') ||
    (resumable &&
      (isSafe || request || isMade) &&
      '`resumable` needs a `POST`: no `GET`, no `Request`, no function as `json` or `query`.') ||
    (shared && (!isSafe || reconnect?.pauseWhenHidden) && '`shared` needs a `GET`: no `pauseWhenHidden`.') ||
    (reconnect &&
      !(isSafe || resumable || reconnect.unsafe) &&
      `A \`${method}\` may run twice. Allow it with \`reconnect.unsafe\`.`) ||
    (isStream && (reconnect || resumable) && 'A stream cannot be used again: use a `Blob`.') ||
    (format && format !== 'sse' && needsSse(options) && "`end`, `decode` and `resumable` need `format: 'sse'`.") ||
    (onUploadProgress &&
      (!globalThis.XMLHttpRequest ||
        isStream ||
        request ||
        fetch ||
        credentials === 'omit' ||
        INIT.some(name => options[name] != null)) &&
      '`onUploadProgress` needs `XMLHttpRequest`: no stream, no `Request`, no `fetch` or its options.');
  if (conflict) throw new TypeError(conflict);
}

/** Whether an option is set that only server-sent events support. @param {StreamOptions<any>} options */
export const needsSse = ({ decode, end, format, resumable }) =>
  format === 'sse' || resumable || end || decode === 'text';
