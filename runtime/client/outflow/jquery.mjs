// `$.stream`: a transport for `$.ajax`, so that its settings, prefilters, global events and callbacks all apply.

import { StreamError } from './error.mjs';
import { callAll } from './handlers.mjs';
import { CHECKS, INIT } from './options.mjs';
import { stream } from './stream.mjs';

/** Options that `$.ajax` has no setting for. Its `cache` is another one. */
const STREAM_OPTIONS = ['credentials', 'signal', ...Object.keys(CHECKS), ...INIT].filter(name => name !== 'cache');
/** Options that have no effect here: `$.ajax` has a setting of its own, or a jqXHR has no place for the outcome. */
const UNSUPPORTED = ['body', 'json', 'query', 'onUploadProgress', 'resumable'];

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
 * Adds the methods of a stream. It runs before `beforeSend`, which may already add handlers.
 *
 * @param {any} settings
 * @param {object} _original
 * @param {any} jqXHR
 */
function prefilter(settings, _original, jqXHR) {
  for (const name of UNSUPPORTED) {
    if (name in settings) throw new TypeError(`\`$.stream\` has no option \`${name}\`: use \`outflow.stream\`.`);
  }
  // Plain lists: a list of jQuery's would repeat the last packet for every late handler.
  for (const name of ['progress', 'gap', 'uploadProgress']) {
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
  let isAborted = false;
  /** @type {any} */
  let packets;
  return {
    /**
     * @param {Record<string, string>} headers
     * @param {Complete} complete
     */
    send(headers, complete) {
      // After handlers have been added, because one for uploads changes how the request is made.
      queueMicrotask(() => {
        if (isAborted) return;
        try {
          packets = start(settings, headers, jqXHR, complete);
        } catch (error) {
          complete(-1, String(error));
        }
      });
    },
    abort() {
      isAborted = true;
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
  const { context = settings, progress, gap, uploadProgress } = settings;
  /** @param {Function[]} handlers */
  const caller =
    handlers =>
    (/** @type {unknown[]} */ ...args) =>
      callAll(
        handlers.map(handler => handler.bind(context)),
        ...args,
      );
  const options = streamOptions(settings, headers);
  if (uploadProgress[0]) options.onUploadProgress = caller(uploadProgress);
  const packets = stream(settings.url, options);

  /** @type {any} The head, once it has arrived. */
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
    .gap(caller(gap))
    .done(result => end(response.status, response.statusText, { stream: result }))
    .fail(error => {
      if (!(error instanceof StreamError)) return end(0, 'abort');
      const { code, status = 0, message, problem, body = problem } = /** @type {StreamErrorMembers} */ (error);
      // Users of jQuery expect them here.
      jqXHR.streamError = error;
      jqXHR.responseJSON = problem;
      jqXHR.responseText = typeof body === 'string' ? body : JSON.stringify(body);
      if (code === 'timeout') end(0, code);
      else if (code === 'parse') end(0, 'parsererror');
      // jQuery turns -1 into status 0 with the text `error`, and keeps our message. With 0 it would use its own.
      else end(status >= 400 ? status : code === 'server' ? 500 : -1, message);
    });
}

/**
 * @param {any} settings
 * @param {Record<string, string>} headers
 */
function streamOptions(settings, { Accept, ...headers }) {
  /** @type {any} */
  const options = { method: settings.type, headers };
  // jQuery asks for `*/*` if nobody set the header.
  if (Accept !== '*/*') headers.Accept = Accept;
  // Servers recognise requests of their own pages by this. To another origin it would cost a preflight.
  if (!settings.crossDomain) headers['X-Requested-With'] ??= 'XMLHttpRequest';
  if (settings.hasContent && settings.data) options.body = settings.data;
  if (settings.xhrFields?.withCredentials) options.credentials = 'include';
  for (const name of STREAM_OPTIONS) if (name in settings) options[name] = settings[name];
  return options;
}
