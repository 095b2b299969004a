// The formats, as the server writes them.

import { SHUTTING_DOWN, problemJson } from './problem.mjs';

/** The id of the last event. An `EventSource` that reconnects with it is told to stay away. */
export const END_ID = 'outflow-end';

const line = (/** @type {string} */ name, /** @type {unknown} */ value) =>
  value === undefined ? '' : `${name}: ${value}\n`;

const end = (/** @type {string} */ name, /** @type {unknown} */ id, json = '') =>
  `${line('event', name)}${line('id', id)}data:${json && ' '}${json}\n\n`;

/**
 * Writes each kind of step. At a kind that a format can't write, its body is cut.
 *
 * @typedef {Record<string, (value: any, number?: any, step?: any) => string>} Format
 */

/** @type {Format} */
export const sse = {
  resume: cursor => line('retry', 1000) + line('id', cursor),
  heartbeat: () => ':\n',
  packet: (value, number, step) => sse.raw(JSON.stringify(value), number, step),
  raw: (text, number, { event, id, retry }) =>
    line('id', number) +
    line('event', event) +
    line('id', id) +
    line('retry', retry) +
    `data: ${text.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`,
  gap: (gap, number, { id = number }) => end('gap', id, JSON.stringify(gap)),
  done: (result, number = END_ID) => end('done', number, JSON.stringify(result)),
  fail: (problem, number = END_ID) => end('error', number, problemJson(problem)),
  comeBack: ms => line('retry', ms),
  shutdown: (_, number) =>
    end('error', number, problemJson({ ...SHUTTING_DOWN, ...(number && { type: 'urn:outflow:run/lost' }) })),
};

const toLine = (/** @type {unknown} */ value) => `${JSON.stringify(value)}\n`;

/** @type {Format} */
export const ndjson = { heartbeat: () => '\n', packet: toLine, raw: toLine, done: () => '' };
