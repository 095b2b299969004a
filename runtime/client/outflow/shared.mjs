// One connection for all tabs: one of them reads the stream, and passes on what it gets.
//
// The tab that reads holds a lock, and the others wait for it. So there is always at most one, and the next one when it
// closes. What it passes on is numbered: a tab that takes over numbers on from its own last packet, and asks the server
// for what follows that. The others then drop what they have, and see what they have not.

import { extend as readAhead } from './ahead.mjs';

/**
 * @import { StreamOptions } from '../index.js'
 * @import { Session } from './session.mjs'
 * @import { Ending, Packet, Source } from './source.mjs'
 * @import { Tools } from './tools.mjs'
 */

/**
 * How often a tab that is shown makes sure that the one that reads is alive, which may be asleep and keep its lock. Up to
 * twice that, so that two tabs do not take it away from each other.
 */
const CHECK_MS = 3000;
/** How long the lock is kept after the end, until it is known to all. Otherwise the next tab would start over. */
const END_MS = 1000;

/**
 * Makes the session one of all tabs that read the same. Without locks or channels, each tab reads by itself.
 *
 * @param {Session} session
 * @param {StreamOptions<any>} options
 * @param {Tools} tools
 * @param {Source} source Some of its members are replaced.
 * @returns {Session}
 */
export function extend(session, options, tools, source) {
  readAhead(session, options, tools, source);
  const { shared, format, end, decode, latest } = options;
  const { StreamError } = tools;
  const { document, location, navigator, BroadcastChannel } = globalThis;
  const locks = navigator?.locks;
  if (!locks || !BroadcastChannel) return session;
  const base = document?.baseURI ?? location?.href;
  const url = base ? new URL(source.url, base).href : source.url;
  const name = `outflow ${JSON.stringify([url, shared, format, end, decode === 'text'])}`;

  const { put, onState, close, linger, reconnectNow } = source;

  /** @type {BroadcastChannel} */
  let channel;
  /** The number of the last item: unknown until the tab that reads has said it. @type {number | undefined} */
  let number;
  /** Whether this tab reads for all. */
  let isReader = false;
  /** Whether another one has taken the lock away, or the page is gone for now. */
  let isLost = false;
  /** Whether this tab has missed items, and reads by itself. */
  let isAlone = false;
  let isOver = false;
  /** Whether the state is that of the tab that reads. */
  let isCurrent = false;
  /** Whether the tab that reads has not answered. */
  let isSilent = false;
  let withdrawal = new AbortController();
  /** Aborted when this tab parts from the others. */
  const parting = new AbortController();
  let release = () => {};
  let begin = () => {};
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  /** The head of the response. @type {any} */
  let head;
  /** The last change of the state. @type {any} */
  let change;
  /** @type {Packet | undefined} */
  let last;
  /** The id to go on from. */
  let lastId = '';

  /** @param {object} message */
  const post = message => channel.postMessage({ number, ...message });
  const ask = () => post({ asks: true });

  /** Tells the others about the state. @param {object} [isNew] Without it, this answers a tab that asks. */
  const tell = isNew => post({ head, change: (change = isNew ?? change), last, lastId, isNew: !!isNew });

  /** Passes an item on to the others. @param {any} item */
  function pass(item) {
    /** @type {number} */ (number) += 1;
    note(item);
    post({ item, head: item.state && head });
  }

  /** @param {Packet | Ending} item */
  function note(item) {
    if (item.state) {
      isOver = true;
    } else {
      if (item.event !== 'gap') last = item;
      lastId = item.id ?? '';
    }
  }

  /** @param {MessageEvent} message */
  function onmessage({ data }) {
    if (isReader) {
      if (data.asks && !isOver) tell();
      else if (data.hurries) reconnectNow();
    } else if (!(isOver || data.asks || data.hurries)) {
      isSilent = false;
      follow(data);
    }
  }

  /** @param {any} message */
  function follow({ number: theirs, item, head: first, change: changed, last: newest, lastId: id, isNew }) {
    const ahead = theirs - /** @type {number} */ (number);
    if (ahead > (item ? 1 : 0)) {
      // No other tab has any more what was missed here.
      enter({
        state: 'reconnecting',
        error: new StreamError('network', 'Packets of another tab were missed.'),
        delay: 0,
      });
      return readAlone();
    }
    if (item) {
      // Before the answer has told where the others are, only the end counts. An item that this tab has comes from one that
      // has taken over.
      if (!(ahead > 0 || item.state || (ahead < 1 && item.event === 'gap'))) return;
      number = Math.max(number ?? 0, theirs);
      note(item);
      if (first) answer(first);
      if (item.error) item.error = revive(item.error);
      return put(item);
    }
    if (number === undefined) {
      number = theirs;
      last = newest;
      lastId = id;
      if (latest && last) put(last);
    }
    if (isCurrent && !isNew) return;
    isCurrent = true;
    if (first) answer(first);
    if (changed) enter(changed);
  }

  /** @param {any} theirs */
  function answer(theirs) {
    if (head) return;
    head = theirs;
    source.head.resolve(Object.defineProperty(new Response(null, head), 'url', { value: head.url }));
  }

  /** @param {any} changed */
  function enter(changed) {
    change = changed;
    onState(changed.error ? { ...changed, error: revive(changed.error) } : changed);
  }

  /** Errors are passed on as plain objects. @param {any} error */
  const plain = error => ({
    ...error,
    message: error.message,
    cause: error.cause && String(error.cause),
    response: undefined,
  });
  const revive = (/** @type {any} */ { code, message, ...details }) => new StreamError(code, message, details);

  /** @param {LockOptions} options */
  function request(options) {
    let isHeld = false;
    locks
      .request(name, options, () => {
        if (isOver || isAlone) return;
        isHeld = isReader = true;
        if (number === undefined) number = 0;
        else if (change?.state === 'open') {
          const error = plain(new StreamError('network', 'The tab that read the stream is gone.'));
          enter({ state: 'reconnecting', error, delay: 0 });
          tell(change);
        }
        begin();
        return new Promise(resolve => (release = () => resolve((isHeld = isReader = false))));
      })
      .catch(({ name }) => {
        if (isHeld) giveUp();
        else if (name === 'SecurityError') readAlone(); // in a frame without an origin
      });
  }

  function giveUp() {
    if (!isReader) return;
    isLost = true;
    release();
    source.disconnect();
  }

  /** Waits for the lock only while the page runs: a page that is asleep does not read, but could be given it. */
  function onPage(/** @type {{ type: string }} */ { type }) {
    withdraw();
    if (type === 'pagehide' || type === 'freeze') giveUp();
    else if (!(isReader || isLost)) request({ signal: withdrawal.signal });
  }

  /** Waits until this tab is the one that reads. */
  async function join() {
    isLost = isCurrent = false;
    if (isReader || isAlone) return;
    if (!channel) {
      channel = Object.assign(new BroadcastChannel(name), { onmessage });
      timer = setInterval(check, CHECK_MS * (1 + Math.random()));
      for (const type of ['pagehide', 'pageshow', 'freeze', 'resume']) {
        globalThis.addEventListener?.(type, onPage, { capture: true, signal: parting.signal });
      }
    }
    await /** @type {Promise<void>} */ (
      new Promise(resolve => {
        begin = resolve;
        ask();
        request({ signal: withdrawal.signal });
      })
    );
    session.onIds({ lastId });
  }

  function check() {
    if (isReader || document?.hidden) return;
    if (isSilent) {
      withdraw();
      request({ steal: true });
    } else {
      ask();
    }
    isSilent = !isSilent;
  }

  function withdraw() {
    withdrawal.abort();
    withdrawal = new AbortController();
  }

  /** Parts from the other tabs. */
  function leave() {
    clearInterval(timer);
    parting.abort();
    withdraw();
    channel?.close();
    if (isReader && isOver) setTimeout(release, END_MS);
    else release();
    isOver = true;
  }

  /** Reads by itself from now on. */
  function readAlone() {
    isAlone = true;
    leave();
    begin();
  }

  Object.assign(source, {
    /** @param {any} item */
    put(item) {
      if (isReader) pass(item.error ? { ...item, error: plain(item.error) } : item);
      // A tab that could not join fails by itself.
      if (isReader || isAlone || item.state) put(item);
    },
    /** @param {any} changed */
    onState(changed) {
      onState(changed);
      if (isReader) tell(changed.error ? { ...changed, error: plain(changed.error) } : changed);
    },
    reconnectNow() {
      reconnectNow();
      if (channel && !(isReader || isAlone || isOver)) post({ hurries: true });
    },
    /** @param {unknown} reason */
    close(reason) {
      close(reason);
      leave();
    },
    linger() {
      if (isReader || isAlone) linger();
      else close(undefined);
      leave();
    },
  });

  /** @type {any} The calls that differ. */
  const own = {
    __proto__: session,
    get overrides() {
      return join().then(() => session.overrides);
    },
    /** @param {Response} response */
    onResponse({ status, statusText, headers, url }) {
      head = { status, statusText, headers: [...headers], url };
    },
    /** @param {object} decoder */
    onEnd(decoder) {
      if (isLost) throw new StreamError('network', 'Another tab reads the stream.', { retryAfter: 0 });
      session.onEnd(decoder);
    },
    /** @param {Parameters<Session['delay']>} failure */
    delay: async (...failure) => (isLost ? 0 : session.delay(...failure)),
  };
  return own;
}
