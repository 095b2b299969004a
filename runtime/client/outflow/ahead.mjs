// Reading on while the consumer is busy: for `latest`, where only the newest packet then waits, and for `shared`, where
// other tabs wait for what this one reads.

/**
 * @import { StreamOptions } from '../index.js'
 * @import { Session } from './session.mjs'
 * @import { Ending, Packet, Source } from './source.mjs'
 * @import { Tools } from './tools.mjs'
 */

/** Whether `latest` may skip it: neither an ending nor a gap. @param {Packet | Ending} item */
const isSkippable = ({ state, event }) => !state && event !== 'gap';

/**
 * Lets the source of a session read on, and puts a queue between it and its consumer.
 *
 * @param {Session} session
 * @param {StreamOptions<any>} options
 * @param {Tools} tools
 * @param {Source} source Gets `put`, which adds to the queue and may be replaced.
 */
export function extend(session, { latest }, { nextTask }, source) {
  const { peek, take, fill } = source;
  /** @type {(Packet | Ending)[]} */
  let queue = [];
  /** Whether the queue shows what there is. With `latest`, what has arrived is read first. */
  let isFresh = false;
  /** @type {Promise<void> | undefined} Set while the consumer waits. */
  let waiting;
  let wake = () => {};

  async function read() {
    for (let item; !item?.state;) {
      if (!peek()) await fill();
      if (!peek()) return wake(); // it was closed
      source.put((item = take()));
    }
  }

  Object.assign(source, {
    /** @param {Packet | Ending} item */
    put(item) {
      if (latest && isSkippable(item)) queue = queue.filter(other => !isSkippable(other));
      queue.push(item);
      wake();
    },
    peek: () => (isFresh ? queue[0] : undefined),
    take() {
      isFresh = !latest;
      return queue.shift();
    },
    async fill() {
      if (!queue[0]) {
        await (waiting ??= new Promise(resolve => {
          wake = () => resolve((waiting = undefined));
        }));
      }
      if (latest) await nextTask(); // until what has arrived is read
      isFresh = true;
    },
  });
  source.wake(); // it may wait for what was there before
  read();
  return session;
}
