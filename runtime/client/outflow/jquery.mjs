// `$.stream`: a transport for `$.ajax`, so that its settings, prefilters, global events and callbacks all hold.

import { StreamError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { CHECKED } from './request.mjs';
import { stream } from './stream.mjs';

/** What `$.ajax` has no word for. */
const OWN = ['credentials', 'fetch', 'signal', ...Object.keys(CHECKED)];
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
 * @param {object} _original
 * @param {any} jqXHR
 */
function prefilter(settings, _original, jqXHR) {
  for (const name of REFUSED) {
    if (name in settings) throw new TypeError(`\`$.stream\` has no option \`${name}\`, but \`outflow.stream\` has.`);
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
  let left = false;
  /** @type {any} */
  let packets;
  return {
    /**
     * @param {Record<string, string>} headers
     * @param {Complete} complete
     */
    send(headers, complete) {
      // Not before handlers have been added: one for the upload makes it another kind of request.
      queueMicrotask(() => {
        if (left) return;
        try {
          packets = start(settings, headers, jqXHR, complete);
        } catch (error) {
          complete(-1, String(error));
        }
      });
    },
    abort() {
      left = true;
      packets?.abort();
    },
  };
}

/**
 * @param {any} settings
 * @param {Record<string, string>} headers
 * @param {any} jqXHR
 * @param {Complete} complete
 * @typedef {(status: number, statusText: string, responses?: object, headers?: string) => void} Complete
 * @typedef {import('../error.js').StreamError} StreamErrorMembers
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
  /**
   * @param {number} status
   * @param {string} text
   * @param {object} [responses]
   */
  const end = (status, text, responses) => {
    const fields = [...(response.headers ?? [])].map(([name, value]) => `${name}: ${value}\r\n`);
    complete(status, text, responses, fields.join(''));
  };
  return packets
    .progress(caller(progress))
    .done(result => end(response.status, response.statusText, { stream: result }))
    .fail(error => {
      if (!(error instanceof StreamError)) return end(0, 'abort');
      const { code, status = 0, message, problem, body = problem } = /** @type {StreamErrorMembers} */ (error);
      // Where jQuery's users look for it.
      jqXHR.streamError = error;
      jqXHR.responseJSON = problem;
      jqXHR.responseText = typeof body === 'string' ? body : JSON.stringify(body);
      if (code === 'timeout') end(0, code);
      else if (code === 'parse') end(0, 'parsererror');
      // jQuery turns -1 into 0 with the text `error` and keeps our message; of 0 it takes the text for its own.
      else end(status >= 400 ? status : code === 'server' ? 500 : -1, message);
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
