// `mockStream`: the response that the server would send, for tests of front ends.

import { bodyOf } from './body.mjs';
import { END_ID, ndjson, sse } from './formats.mjs';
import { SHUTTING_DOWN, problemJson } from './problem.mjs';
import { RECORD, comeBack, read } from './steps.mjs';

/** @import { MockStep } from '../mock.js' */

const VARY = { vary: 'accept, x-request-type' };
/** How long the server waits for the first packet before it sends the head, in milliseconds. */
const OPEN_AFTER_MS = 250;

/**
 * @param {readonly MockStep<any, any>[]} steps
 * @param {any} [options] `MockOptions` or `MockRequest`
 * @returns {Response}
 */
export function mockStream(steps, options = {}) {
  const { request, format, run } = options.headers ? { request: options } : options;
  const header = (/** @type {string} */ name) => request?.headers.get(name);
  // `ndjson` if it is named before any other: few requests say more with their `q`.
  const isNdjson = /stream|[*]|(ndjson|json-?l)/.exec(format ?? header('accept'))?.[1];
  const all = read(steps, run);
  const lastId = header('last-event-id');
  const cursor = run && Number(lastId ?? 0);
  // A request to the URL of the run follows it, any other starts it.
  const pathname = run && new URL(request.url).pathname;
  const isStart = run && !pathname.endsWith(`/runs/${run.id}`);
  /** @type {Record<string, string>} */
  const head = run ? { 'cache-control': 'no-store, no-transform' } : {};
  const answer = (/** @type {number} */ status, /** @type {any} */ body, /** @type {any} */ headers) =>
    new Response(body, { status, headers: { ...headers, ...head } });
  const refuse = (/** @type {any} */ problem, /** @type {object} */ headers) =>
    answer(problem.status, problemJson(problem), { 'content-type': 'application/problem+json', ...headers });

  // The steps after the record, or the packet, that the client has last.
  let records = 0;
  const next =
    all.findIndex(([kind, , { id }]) => (run ? RECORD.test(kind) && ++records === cursor : id === lastId)) + 1;
  const left = lastId && (run || next) ? comeBack(all.slice(next || (cursor && Infinity))) : all;
  // An end before the first packet is the whole response, but not for a follower of a run.
  let held = 0;
  const [kind, problem, step] =
    left.find(([kind, ms]) => kind !== 'wait' || (held += ms) >= OPEN_AFTER_MS) ?? /** @type {any} */ ([]);
  const isHeld = !run || (isStart && !cursor);

  if (isHeld && /comeBack|shutdown/.test(kind) && !(lastId && !isNdjson)) {
    return refuse(SHUTTING_DOWN, { ...VARY, 'retry-after': 3 });
  }
  if (isStart) head.location = `.${/(?:\/[^/]+)?$/.exec(pathname)}/runs/${run.id}`;
  if (!left[0] || (!run && !isNdjson && lastId === END_ID)) return answer(204, null, !run && VARY);
  if (isStart && run.key && !header('run-key') && !header('idempotency-key')) head['run-key'] = run.key;
  if (isHeld && kind === 'fail') {
    if (run) head['run-state'] = 'failed';
    return refuse(problem, step.headers);
  }
  if (run && !isNdjson) left.unshift(['resume', cursor, {}]);
  return answer(200, bodyOf(left, isNdjson ? ndjson : sse, cursor), {
    'content-type': isNdjson ? 'application/x-ndjson' : 'text/event-stream',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-response-type': 'stream',
    // Without it MSW passes a body that breaks off as a whole one.
    'transfer-encoding': 'chunked',
    ...VARY,
  });
}
