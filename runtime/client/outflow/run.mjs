// A resumable run: one execution of an action on the server, which any number of requests may follow.

/**
 * @import { StreamError } from './error.mjs'
 * @import { Changes } from './request.mjs'
 * @import { Tools } from './source.mjs'
 */

/** @typedef {import('../error.js').StreamError & { problem: any }} AnyError */

/** What ends a run in its own way, by the last word of the problem's type. */
const ENDINGS = /\/(lost|cancelled|gone)$/;

/** Where the run is, the key to it, and how far it has been read. Packets are numbered from 1, without holes. */
export class Run {
  /**
   * @param {{ run?: string, key: string, cursor: number }} handle It is told where the run is, once the server has
   *   answered, unless CORS hides that.
   * @param {Tools} tools
   */
  constructor(handle, tools) {
    this.handle = handle;
    this.tools = tools;
    this.cursor = handle.cursor;
  }

  /** What the server is told of the packets that are here. */
  get lastId() {
    return this.handle.run || this.cursor ? `${this.cursor}` : undefined;
  }

  /**
   * What to ask for: the run where it is known, else the action again. The key makes the server run it only once.
   *
   * @returns {Changes}
   */
  get request() {
    const { run: url, key } = this.handle;
    return url ? { url, method: 'GET', headers: { 'run-key': key } } : { headers: { 'idempotency-key': `"${key}"` } };
  }

  /**
   * Asks the server to stop it.
   *
   * @param {(changes: Changes) => Promise<Response>} send
   */
  async cancel(send) {
    if (!this.handle.run) throw new TypeError('Where the run is was not told: CORS has to expose `Location`.');
    const response = await send({ ...this.request, method: 'DELETE' }).catch(cause => {
      throw this.tools.asStreamError(cause, 'There was no answer.');
    });
    if (!response.ok) throw await this.tools.httpError(response);
    response.body?.cancel();
  }

  /** @param {Response} response Where it may say where the run is. Nobody else is told the key. */
  locate({ url, headers }) {
    const location = headers.get('location');
    if (!location || !url || this.handle.run) return; // a `fetch` of the caller's own may not say what it asked
    const run = new URL(location, url);
    if (run.origin === new URL(url).origin) this.handle.run = run.href;
  }

  /**
   * Whether a packet is the next one. One that has been here before is not; one that comes too early has lost those
   * before it on the way, so the run is followed anew from the last. One without a number is of no run.
   *
   * @param {string} [id]
   */
  isNext(id = '') {
    if (!/^\d+$/.test(id)) {
      throw new this.tools.StreamError('protocol', 'A packet has no number: the action is not `resumable`.');
    }
    const ahead = Number(id) - this.cursor;
    if (ahead > 1) throw new this.tools.StreamError('truncated', 'Packets were lost on the way.');
    if (ahead === 1) this.cursor += 1;
    return ahead === 1;
  }

  /**
   * Whether the run can be followed after this failure. One that has ended in a way of its own gives the failure its
   * name; one that failed is over, whatever its status says.
   *
   * @param {StreamError} error
   */
  goesOn(error) {
    const { code, lastId, retryable, status, problem, retryAfter, response } = /** @type {AnyError} */ (error);
    if (code === 'server' && Number(lastId)) this.isNext(lastId); // an action that is no run tells its failure itself
    /** The action's own words, which mean nothing beyond it. */
    const isOwn = code === 'server' || response?.headers.has('run-state');
    const ending = ENDINGS.exec(problem?.type)?.[1] ?? (status === 410 && !isOwn && 'gone');
    if (ending) Object.assign(error, { code: ending });
    else if (!isOwn) return retryable || (status === 409 && retryAfter);
  }
}
