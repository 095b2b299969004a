// Sends a request, and shows what comes back: packets by the client, other responses as text.

const { stream } = globalThis.outflow;
import { Output } from './output.mjs';

/**
 * @import { RunHandle } from '../index.js'
 * @import { Made } from './request.mjs'
 */

/**
 * A request under way.
 *
 * @typedef {object} Sent
 * @property {() => void} stop
 * @property {() => Promise<void>} [cancel] Of a run.
 * @property {() => RunHandle | undefined} [handle]
 * @property {Promise<unknown>} [answered] Resolves when the server has answered, and the handle has the run's URL.
 * @property {Promise<unknown>} ended
 */

/** The formats whose packets the client reads. */
const READ = /^(text\/event-stream|application\/x-ndjson|application\/jsonl|application\/json)/;

/** Whether packets are shown one by one in this format. @param {{ name: string, contentType: string }} [format] */
export const hasPackets = format => !!format && (READ.test(format.contentType) || format.name === 'hazaar');

/**
 * Sends the request of an action that streams.
 *
 * @param {Made} made
 * @param {Output} output
 * @param {{ resumable?: boolean, format?: any }} options
 * @returns {Sent}
 */
export function sendStream({ url, method, headers, body }, output, { resumable, format }) {
  output.start();
  return follow(
    stream(url, {
      method,
      headers,
      body: body?.content,
      resumable,
      format: format?.name === 'hazaar' ? 'frames' : undefined,
      onUploadProgress: body?.hasFile ? progress => output.uploaded(progress) : undefined,
    }),
    output,
  );
}

/**
 * Comes back to a run, from its start.
 *
 * @param {{ handle: RunHandle, method: string, body?: string }} kept
 * @param {Record<string, string>} headers
 * @param {Output} output
 * @returns {Sent}
 */
export function resume({ handle, method, body }, headers, output) {
  output.start();
  return follow(stream.resume({ ...handle, cursor: 0 }, { method, body, headers }), output);
}

/** @returns {Sent} */
function follow(running, output) {
  const answered = running.response.then(
    response => output.response(response),
    () => {},
  );
  const ended = running
    .progress((packet, { event }) => output.packet(packet, event))
    .done(result => {
      output.state('done');
      output.result(result);
    })
    .fail(error => {
      if (running.state === 'aborted') return output.state('aborted');
      output.state('failed', error.code);
      output.failed(error);
    })
    .onState(({ state, delay }) => {
      if (state === 'open') output.state('open');
      if (state === 'reconnecting') output.state(state, `in ${Math.ceil((delay ?? 0) / 1000)} s`);
    })
    .result.catch(() => {});
  return { stop: () => running.abort(), cancel: () => running.cancel(), handle: () => running.handle, answered, ended };
}

/**
 * Sends any other request. What is text is shown as it arrives.
 *
 * @param {Made} made
 * @param {Output} output
 * @returns {Sent}
 */
export function sendPlain({ url, method, headers, body }, output) {
  const controller = new AbortController();
  const { signal } = controller;
  output.start();
  const read = async () => {
    const response = await fetch(url, { method, headers, body: body?.content, signal, cache: 'no-store' });
    const type = response.headers.get('content-type') ?? '';
    output.response(response);
    output.state('open');
    if (!response.ok) return refused(response, type, output);
    if (type && !/^text\/|json|xml|javascript|iso-8859-1/i.test(type)) {
      output.file(await response.blob(), url.replace(/\?.*/, '').split('/').pop() || 'response');
    } else if (/json/.test(type)) {
      output.raw(pretty(await response.text()));
    } else {
      const decoder = new TextDecoder(/charset=([\w-]+)/i.exec(type)?.[1] ?? 'utf-8');
      const reader = response.body?.getReader();
      for (let part; (part = await reader?.read()) && !part.done;) {
        output.raw(decoder.decode(part.value, { stream: true }));
      }
    }
    output.state('done');
  };
  const ended = read().catch(error => {
    if (signal.aborted) return output.state('aborted');
    output.state('failed');
    output.failed({ code: 'network', message: `The response broke off: ${error.message}` });
  });
  return { stop: () => controller.abort(), ended };
}

async function refused(response, type, output) {
  const text = await response.text();
  let problem;
  try {
    problem = /json/.test(type) ? JSON.parse(text) : undefined;
  } catch {
    // shown as text
  }
  output.state('failed', String(response.status));
  output.failed({
    code: 'http',
    status: response.status,
    problem,
    body: text,
    message: response.statusText || `Status ${response.status}`,
  });
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
