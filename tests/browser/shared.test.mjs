// One connection for all tabs of a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { DONE, eventWithId } from '../../runtime/client/test/support/server.mjs';
import { helpers, launch, open } from './support/browser.mjs';
import { servePage } from './support/raw.mjs';

const browser = await launch();

/** A topic: packets are numbered, kept, and sent to all connections. Those that come back get what they have missed. */
async function serveTopic(t) {
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

/** Follows the topic in a page. */
function follow() {
  globalThis.found = [];
  globalThis.states = [];
  globalThis.running = outflow
    .stream('/topic', { shared: true })
    .progress(packet => found.push(packet))
    .onState(({ state }) => states.push(state));
  globalThis.list = running.result.then(() => states);
  return until(() => running.state === 'open');
}

const isReader = page => page.evaluate(() => running.stats.attempts > 0 && running.state === 'open');
const found = (page, count) => page.evaluate(count => until(() => found.length >= count).then(() => found), count);

/** Opens that many tabs of one browser which follow the topic. */
async function openTabs(t, topic, count) {
  const first = await open(t, browser, topic.url, { errors: true });
  const pages = [first];
  while (pages.length < count) {
    const page = await first.context().newPage();
    await page.addInitScript(helpers);
    await page.goto(topic.url);
    await page.addScriptTag({ url: '/outflow.js' });
    pages.push(page);
  }
  for (const page of pages) await page.evaluate(follow);
  return pages;
}

/** The tab that reads, taken out of the list. */
async function takeReader(pages) {
  for (;;) for (const page of pages) if (await isReader(page)) return pages.splice(pages.indexOf(page), 1)[0];
}

test('eight tabs over HTTP/1.1, where a browser opens six connections, have one', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 8);
  topic.publish(3);
  for (const page of pages) assert.deepEqual(await found(page, 3), [1, 2, 3]);
  assert.equal(topic.connections, 1);
  topic.end();
  for (const page of pages) assert.deepEqual(await page.evaluate(() => list), ['open', 'done']);
  assert.equal(topic.connections, 1, 'and nobody starts over');
});

const WAYS_TO_GO = {
  'is closed': page => page.close(),
  crashes: async page => {
    const session = await page.context().newCDPSession(page);
    session.send('Page.crash').catch(() => {});
    await page.waitForEvent('crash');
  },
  'goes to another page': page => page.goto('about:blank'),
  stops: page => page.evaluate(() => running.abort()),
};

for (const [way, go] of Object.entries(WAYS_TO_GO)) {
  test(`when the tab that reads ${way}, another one goes on without a hole and without a duplicate`, async t => {
    const topic = await serveTopic(t);
    const pages = await openTabs(t, topic, 3);
    while (pages.length) {
      topic.publish(5);
      const reader = await takeReader(pages);
      await until(() => topic.open.size === 1);
      topic.publish(5); // on its way while the tab goes
      await go(reader);
      topic.publish(5);
      for (const page of pages) assert.deepEqual(await found(page, topic.all().length), topic.all());
    }
    assert.equal(topic.connections, 3);
  });
}

test('a tab that is asleep, and keeps its lock, does not keep the others from reading', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 3);
  const reader = await takeReader(pages);
  const session = await reader.context().newCDPSession(reader);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  topic.publish(5);
  for (const page of pages) assert.deepEqual(await found(page, 5), [1, 2, 3, 4, 5]);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  topic.publish(5);
  for (const page of [reader, ...pages]) assert.deepEqual(await found(page, 10), topic.all());
});

test('a tab that stops leaves the others alone', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 3);
  topic.publish(2);
  for (const page of pages) await found(page, 2);
  const reader = await takeReader(pages);
  await pages[0].evaluate(() => running.abort());
  topic.publish(2);
  for (const page of [reader, pages[1]]) assert.deepEqual(await found(page, 4), [1, 2, 3, 4]);
  assert.deepEqual(await found(pages[0], 2), [1, 2]);
  assert.equal(topic.connections, 1);
});

test('a tab that is loaded again follows again', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 2);
  topic.publish(2);
  for (const page of pages) await found(page, 2);
  const reader = await takeReader(pages);
  await reader.reload();
  await reader.addScriptTag({ url: '/outflow.js' });
  await reader.evaluate(follow);
  topic.publish(2);
  assert.deepEqual(await found(reader, 2), [3, 4]);
  assert.deepEqual(await found(pages[0], 4), [1, 2, 3, 4]);
  await until(() => topic.open.size === 1);
});

test('browsers that share nothing have a connection each', async t => {
  const topic = await serveTopic(t);
  await openTabs(t, topic, 2);
  await openTabs(t, topic, 2);
  assert.equal(topic.open.size, 2);
});
