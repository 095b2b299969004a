// A topic, and tabs that follow it over one connection.

import { until } from '../../../runtime/client/test/support/observe.mjs';
import { DONE, eventWithId } from '../../../runtime/client/test/support/server.mjs';
import { servePage } from './raw.mjs';

/** The time that a tab has to say what it sees. One that is asleep or gone says nothing. */
const ANSWER_MS = 2000;

/** Serves a topic: packets are numbered, kept, and sent to all connections. Those that come back get what they have missed. */
export async function serveTopic(t) {
  const open = new Set();
  let published = 0;
  const topic = {
    open,
    connections: 0,
    publish(count) {
      for (const end = published + count; published < end;) {
        published += 1;
        for (const connection of open) connection.chunk(eventWithId(`e-${published}`, published));
      }
    },
    end: () => open.forEach(connection => connection.chunk(DONE).end()),
    /** All packets so far. */
    all: () => Array.from({ length: published }, (_, at) => at + 1),
  };
  topic.url = await servePage(t, connection => {
    topic.connections += 1;
    open.add(connection.sse());
    connection.closed.then(() => open.delete(connection));
    const seen = Number(connection.request.headers['last-event-id']?.slice(2) ?? published);
    for (let number = seen + 1; number <= published; number++) connection.chunk(eventWithId(`e-${number}`, number));
  });
  return topic;
}

/** Lets a page that has the client follow the topic. */
export async function follow(page) {
  await page.evaluate(() => {
    globalThis.found = [];
    globalThis.states = [];
    globalThis.running = outflow
      .stream('/topic', { shared: true })
      .progress(packet => found.push(packet))
      .fail(error => (globalThis.failure = String(error)))
      .onState(({ state }) => states.push(state));
    globalThis.list = running.result.then(() => states);
  });
  await tabsAre([page], ({ state }) => state === 'open', 'the stream is not open');
}

/** Waits until all pages have that many packets, and returns those of each. */
export async function found(pages, count) {
  const tabs = await tabsAre(pages, ({ found }) => found?.length >= count, `not ${count} packets each`);
  return tabs.map(({ found }) => found);
}

/** Waits until a page reads for all, and takes it out of the list. */
export async function takeReader(pages) {
  let tabs;
  let at;
  const findReader = async () => {
    tabs = await lookAll(pages);
    at = tabs.findIndex(({ state, attempts }) => state === 'open' && attempts > 0);
    return at >= 0;
  };
  await until(findReader, () => `nobody reads: ${JSON.stringify(tabs)}`);
  return pages.splice(at, 1)[0];
}

/** Waits for a condition of every tab, and returns what they say. */
async function tabsAre(pages, condition, otherwise) {
  let tabs;
  await until(
    async () => (tabs = await lookAll(pages)).every(condition),
    () => `${otherwise}: ${JSON.stringify(tabs)}`,
  );
  return tabs;
}

const lookAll = pages => Promise.all(pages.map(look));

/** The state of a tab: that of its stream, or the reason why it cannot tell. */
function look(page) {
  const told = page.evaluate(() => {
    const { state, stats } = running;
    return { state, states, attempts: stats.attempts, found, failure: globalThis.failure };
  });
  const silent = new Promise(resolve => setTimeout(resolve, ANSWER_MS, { failure: 'no answer' }).unref());
  return Promise.race([told.catch(error => ({ failure: String(error) })), silent]);
}
