// A resumable run: one execution of an action on the server, which any number of requests can follow.

/**
 * @import { StreamError } from './error.mjs'
 * @import { Overrides } from './request.mjs'
 * @import { Tools } from './tools.mjs'
 */

/** @typedef {import('../error.js').StreamError & { problem: any }} AnyError */

/** The endings that only runs have, as the last segment of the problem's type. */
const RUN_ENDINGS = /\/(lost|cancelled|gone)$/;

/** The client's side of a run: its URL, its key, and how far it has been read. Packets are numbered from 1. */
export class Run {
  /** The packets that have come over the current connection. */
  seen = 0;

  /**
   * @param {{ run?: string, key: string, cursor: number }} handle Gets the run's URL once the server has answered,
   *   unless CORS hides it.
   * @param {boolean} counts Whether the packets have no numbers. Then every connection begins with the first packet.
   * @param {Tools} tools
   */
  constructor(handle, counts, tools) {
    this.handle = handle;
    this.counts = counts;
    this.tools = tools;
    this.cursor = handle.cursor;
  }

  /** The `Last-Event-ID` of the next request. */
  get lastId() {
    return !this.counts && (this.handle.run || this.cursor) ? `${this.cursor}` : undefined;
  }

  /**
   * The next request: the run if its URL is known, otherwise the action again, which the key keeps from running twice.
   *
   * @returns {Overrides}
   */
  get overrides() {
    const { run: url, key } = this.handle;
    return url ? request(url, key, 'GET') : { headers: { 'idempotency-key': `"${key}"` } };
  }

  /**
   * Asks the server to stop the run.
   *
   * @param {(overrides: Overrides) => Promise<Response>} send
   */
  async cancel(send) {
    const { run: url, key } = this.handle;
    if (!url) throw new TypeError("The run's URL is unknown: CORS must expose `Location`.");
    const response = await send(request(url, key, 'DELETE'));
    if (!response.ok) throw await (await this.tools.load('response')).failedResponse(response, this.tools);
    response.body?.cancel();
  }

  /**
   * Keeps the run's URL. One of another origin is ignored, so that it never gets the key. Without numbers only the URL
   * tells a run from an action that the next request would start again.
   *
   * @param {Response} response
   */
  onResponse({ ok, url, headers }) {
    this.seen = 0;
    const location = headers.get('location');
    if (this.counts && ok && !location && !this.handle.run) {
      throw new this.tools.StreamError('protocol', 'No `Location`: the action is not `resumable`, or CORS hides it.');
    }
    if (!location || !url || this.handle.run) return; // a custom `fetch` may leave `url` empty
    const run = new URL(location, url);
    if (run.origin === new URL(url).origin) this.handle.run = run.href;
  }

  /**
   * Accepts a packet if it is the next one, and rejects one that has come before. A gap means that packets were lost in
   * transit, so the connection is made again. A packet without a number does not belong to a run.
   *
   * @param {string} [id]
   */
  accept(id = '') {
    if (this.counts) id = `${++this.seen}`;
    if (!/^\d+$/.test(id)) {
      throw new this.tools.StreamError('protocol', 'A packet has no number: the action is not `resumable`.');
    }
    const ahead = Number(id) - this.cursor;
    if (ahead > 1) throw new this.tools.StreamError('truncated', 'Packets were lost in transit.');
    if (ahead === 1) this.cursor += 1;
    return ahead === 1;
  }

  /**
   * Whether the run can still be followed after this failure, or `undefined` if it is over. A run that is lost,
   * cancelled or gone gives the failure its code. A run that failed is over, even if its status usually passes.
   *
   * @param {StreamError} error
   */
  canRetry(error) {
    const { code, lastId, retryable, status, problem, retryAfter, response } = /** @type {AnyError} */ (error);
    if (code === 'server' && Number(lastId)) this.accept(lastId); // outside runs a failure has no number
    /** Whether the action itself failed. Its status then says nothing about the run. */
    const isOwn = code === 'server' || response?.headers.has('run-state');
    const ending = RUN_ENDINGS.exec(problem?.type)?.[1] ?? (status === 410 && !isOwn && 'gone');
    if (ending) Object.assign(error, { code: ending });
    else if (!isOwn) return Boolean(retryable || (status === 409 && retryAfter));
  }
}

/**
 * A request for the run itself.
 *
 * @param {string} url
 * @param {string} key
 * @param {'GET' | 'DELETE'} method
 * @returns {Overrides}
 */
const request = (url, key, method) => ({ url, init: { method, body: undefined }, headers: { 'run-key': key } });
