// `$.stream`: a transport for `$.ajax`, so that its settings, prefilters, global events and callbacks all hold.

import { StreamError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { stream } from './stream.mjs';

/** What `$.ajax` has no word for. */
const OWN = [
  'credentials',
  'decode',
  'end',
  'fetch',
  'idleTimeout',
  'maxPacketBytes',
  'reconnect',
  'responseTimeout',
  'signal',
];
/** What would be ignored without a word: `$.ajax` has its own words for it, or a jqXHR has no place for what it gives. */
const REFUSED = ['body', 'json', 'query', 'onUploadProgress', 'resumable'];

/**
 * Adds `$.stream` to a copy of jQuery, 1.12 or newer, and the data type `stream` to its `$.ajax`.
 *
 * @param {any} $
 */
export function install($) {
  $.ajaxPrefilter?.('stream', prefilter);
  $.ajaxTransport?.('stream', transport);
  $.stream = (/** @type {any} */ url, /** @type {any} */ options) => {
    const { url: target, ...settings } = typeof url === 'string' ? { ...options, url } : url;
    // Slim builds have no `$.ajax`. The core's methods have the same names.
    return $.ajax ? $.ajax({ ...settings, url: target, dataType: 'stream' }) : stream(target, settings);
  };
}

/**
 * Runs before `beforeSend`, which may already want to add handlers.
 *
 * @param {any} settings
 * @param {object} original
 * @param {any} jqXHR
 */
function prefilter(settings, original, jqXHR) {
  for (const name of REFUSED) {
    if (name in original) throw new TypeError(`\`$.stream\` has no option \`${name}\`, but \`outflow.stream\` has.`);
  }
  // Lists of our own: jQuery's would repeat the last packet to every late handler.
  for (const name of ['progress', 'uploadProgress']) {
    settings[name] = [settings[name] ?? []].flat();
    jqXHR[name] = (/** @type {Function} */ handler) => {
      settings[name].push(handler);
      return jqXHR;
    };
  }
  jqXHR.error = jqXHR.fail;
}

/**
 * @param {any} settings
 * @param {object} _original
 * @param {any} jqXHR
 */
function transport(settings, _original, jqXHR) {
  const left = new AbortController();
  return {
    /**
     * @param {Record<string, string>} headers
     * @param {Complete} complete
     */
    send(headers, complete) {
      // Not before handlers have been added: one for the upload makes it another kind of request.
      queueMicrotask(() => {
        if (left.signal.aborted) return;
        try {
          const packets = start(settings, headers, jqXHR, complete);
          left.signal.addEventListener('abort', () => packets.abort());
        } catch (error) {
          complete(-1, String(error));
        }
      });
    },
    abort() {
      left.abort();
    },
  };
}

/**
 * @param {any} settings
 * @param {Record<string, string>} headers
 * @param {any} jqXHR
 * @param {Complete} complete
 * @typedef {(status: number, statusText: string, responses?: object, headers?: string) => void} Complete
 */
function start(settings, headers, jqXHR, complete) {
  const { context = settings, progress, uploadProgress } = settings;
  /** @param {Function[]} handlers */
  const caller =
    handlers =>
    (/** @type {unknown[]} */ ...args) =>
      callAll(
        handlers.map(handler => handler.bind(context)),
        ...args,
      );
  const options = optionsOf(settings, headers);
  if (uploadProgress[0]) options.onUploadProgress = caller(uploadProgress);
  const packets = stream(settings.url, options);

  /** @type {any} The head, once it is there. */
  let response = {};
  packets.response.then(
    head => (response = head),
    () => {},
  );
  return packets
    .progress(caller(progress))
    .done(result => {
      complete(response.status, response.statusText, { stream: result }, headersOf(response));
    })
    .fail(error => {
      if (error instanceof StreamError) tell(jqXHR, error);
      const [status, text] = statusOf(error);
      complete(status, text, undefined, headersOf(response));
    });
}

/**
 * @param {any} settings
 * @param {Record<string, string>} headers
 */
function optionsOf(settings, { Accept, ...headers }) {
  /** @type {any} */
  const options = { method: settings.type, headers };
  // «Anything» is what jQuery asks for when nobody said what.
  if (Accept !== '*/*') headers.Accept = Accept;
  // Servers tell a page's own requests by this; another origin would have to allow it.
  if (!settings.crossDomain) headers['X-Requested-With'] ??= 'XMLHttpRequest';
  if (settings.hasContent && settings.data) options.body = settings.data;
  if (settings.xhrFields?.withCredentials) options.credentials = 'include';
  for (const name of OWN) if (name in settings) options[name] = settings[name];
  return options;
}

/**
 * Puts what is known of a failure where jQuery's users look for it.
 *
 * @param {any} jqXHR
 * @param {StreamErrorMembers} error
 * @typedef {import('../error.js').StreamError} StreamErrorMembers
 */
function tell(jqXHR, error) {
  const { problem, body = problem } = error;
  jqXHR.streamError = error;
  jqXHR.responseJSON = problem;
  jqXHR.responseText = typeof body === 'string' ? body : JSON.stringify(body);
}

/**
 * What `complete` makes the right status and text of: jQuery turns -1 into 0 with the text `error` and keeps our
 * message, while with 0 it takes the text for its own.
 *
 * @param {any} error
 * @returns {[number, string]}
 */
function statusOf(error) {
  if (!(error instanceof StreamError)) return [0, 'abort'];
  const { code, status = 0, message } = /** @type {StreamErrorMembers} */ (error);
  if (code === 'timeout') return [0, code];
  if (code === 'parse') return [0, 'parsererror'];
  return [status >= 400 ? status : code === 'server' ? 500 : -1, message];
}

/** @param {{ headers?: Headers }} response */
function headersOf({ headers }) {
  return [...(headers ?? [])].map(([name, value]) => `${name}: ${value}\r\n`).join('');
}
