// A `fetch` that reports how much of the body has been sent. Only `XMLHttpRequest` can tell. It also keeps the whole
// response in memory and delivers it in batches, so it is used for nothing else.

/**
 * @import { UploadProgress } from '../index.js'
 * @import { Tools } from './tools.mjs'
 */

/** Statuses whose responses cannot have a body. */
const WITHOUT_BODY = [204, 205, 304];

/**
 * @param {(progress: UploadProgress) => unknown} handler
 * @param {Tools} tools
 */
export const uploader =
  (handler, { callAll }) =>
  (/** @type {string} */ url, /** @type {any} */ init) =>
    upload(progress => void callAll([handler], progress), url, init);

/**
 * @param {(progress: UploadProgress) => unknown} onProgress Never throws.
 * @param {string} url
 * @param {any} init As for `fetch`.
 * @returns {Promise<Response>}
 */
function upload(onProgress, url, { method, headers, body, credentials, signal }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    /** @type {ReadableStreamDefaultController<Uint8Array>} */
    let controller;
    const stream = new ReadableStream({ start: given => void (controller = given) });
    let length = 0;
    const readNewText = () => {
      const text = xhr.responseText.slice(length);
      length += text.length;
      if (text) controller.enqueue(Uint8Array.from(text, letter => letter.charCodeAt(0)));
    };
    /** @param {unknown} error */
    const fail = error => {
      reject(error);
      controller.error(error);
    };

    xhr.open(method, url);
    // Each byte becomes a character whose code ends in that byte.
    xhr.overrideMimeType('text/plain; charset=x-user-defined');
    xhr.withCredentials = credentials === 'include';
    headers.forEach((/** @type {string} */ value, /** @type {string} */ name) => xhr.setRequestHeader(name, value));
    xhr.upload.onprogress = ({ loaded, total, lengthComputable }) =>
      onProgress({ loaded, total: lengthComputable ? total : undefined });
    xhr.onreadystatechange = () => {
      const { readyState, status, statusText, responseURL } = xhr;
      if (readyState !== 2) return;
      const lines = xhr.getAllResponseHeaders().match(/.+/g) ?? [];
      const headers = lines.map(line => /** @type {[string, string]} */ (line.split(/: ?(.*)/, 2)));
      const response = new Response(WITHOUT_BODY.includes(status) ? null : stream, { status, statusText, headers });
      resolve(Object.defineProperty(response, 'url', { value: responseURL }));
    };
    xhr.onprogress = readNewText;
    xhr.onload = () => {
      readNewText();
      controller.close();
    };
    xhr.onerror = () => fail(new TypeError('The request failed.'));
    signal.addEventListener('abort', () => {
      xhr.abort();
      fail(signal.reason);
    });
    xhr.send(body);
  });
}
