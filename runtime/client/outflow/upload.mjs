// A `fetch` that tells how much of the body has been sent. Only `XMLHttpRequest` knows that, so it is used for nothing
// else: it keeps the whole answer in memory, and hands it over in batches.

import { callAll } from './handlers.mjs';

/** @import { UploadProgress } from '../index.js' */

/** Statuses whose responses cannot have a body. */
const EMPTY = [204, 205, 304];

/**
 * @param {(progress: UploadProgress) => unknown} onProgress
 * @returns {(url: string, init: any) => Promise<Response>}
 */
export function upload(onProgress) {
  return (url, { method = 'GET', headers, body, credentials, signal }) =>
    new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      /** @type {ReadableStreamDefaultController<Uint8Array>} */
      let answer;
      const stream = new ReadableStream({
        start: controller => void (answer = controller),
        cancel: () => xhr.abort(),
      });
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
      for (const [name, value] of headers) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded, total, lengthComputable }) =>
        void callAll([onProgress], { loaded, total: lengthComputable ? total : undefined });
      xhr.onreadystatechange = () => {
        if (xhr.readyState === xhr.HEADERS_RECEIVED) resolve(responseOf(xhr, stream));
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

/**
 * @param {XMLHttpRequest} xhr
 * @param {ReadableStream<Uint8Array>} body
 */
function responseOf(xhr, body) {
  const { status, statusText, responseURL } = xhr;
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().split('\r\n')) {
    const [name, ...value] = line.split(': ');
    if (name) headers.append(name, value.join(': '));
  }
  const response = new Response(EMPTY.includes(status) ? null : body, { status, statusText, headers });
  return Object.defineProperty(response, 'url', { value: responseURL });
}
