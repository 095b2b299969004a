// A `fetch` that tells how much of the body has been sent. Only `XMLHttpRequest` knows that, so it is used for nothing
// else: it keeps the whole answer in memory, and hands it over in batches.

/** @import { UploadProgress } from '../index.js' */

/** Statuses whose responses cannot have a body. */
const EMPTY = [204, 205, 304];

/**
 * @param {(progress: UploadProgress) => unknown} onProgress It never throws.
 * @param {string} url
 * @param {any} init As `fetch` takes it.
 * @returns {Promise<Response>}
 */
export function upload(onProgress, url, { method, headers, body, credentials, signal }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    /** @type {ReadableStreamDefaultController<Uint8Array>} */
    let answer;
    const stream = new ReadableStream({ start: controller => void (answer = controller) });
    let taken = 0;
    const take = () => {
      const text = xhr.responseText.slice(taken);
      taken += text.length;
      if (text) answer.enqueue(Uint8Array.from(text, letter => letter.charCodeAt(0)));
    };
    /** @param {unknown} error */
    const fail = error => {
      reject(error);
      answer.error(error);
    };

    xhr.open(method, url);
    // The bytes as they are, each as a letter whose code ends in it.
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
      const response = new Response(EMPTY.includes(status) ? null : stream, { status, statusText, headers });
      resolve(Object.defineProperty(response, 'url', { value: responseURL }));
    };
    xhr.onprogress = take;
    xhr.onload = () => {
      take();
      answer.close();
    };
    xhr.onerror = () => fail(new TypeError('The request failed.'));
    signal.addEventListener('abort', () => {
      xhr.abort();
      fail(signal.reason);
    });
    xhr.send(body);
  });
}
