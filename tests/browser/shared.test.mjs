// One connection for all tabs of a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { helpers, launch, open } from './support/browser.mjs';
import { follow, found, serveTopic, takeReader } from './support/topic.mjs';

const browser = await launch();

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
  for (const page of pages) await follow(page);
  return pages;
}

test('eight tabs over HTTP/1.1, where a browser opens six connections, have one', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 8);
  topic.publish(3);
  for (const packets of await found(pages, 3)) assert.deepEqual(packets, [1, 2, 3]);
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
    topic.publish(5);
    await found(pages, 5); // before it has an id to go on from, another tab would begin with what comes next
    while (pages.length) {
      topic.publish(5);
      const reader = await takeReader(pages);
      await until(() => topic.open.size === 1);
      topic.publish(5); // on its way while the tab goes
      await go(reader);
      topic.publish(5);
      for (const packets of await found(pages, topic.all().length)) assert.deepEqual(packets, topic.all());
    }
    assert.equal(topic.connections, 3);
  });
}

test('a tab that hangs, and keeps its lock, does not keep the others from reading', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 3);
  topic.publish(2);
  await found(pages, 2);
  const reader = await takeReader(pages);
  reader.evaluate(hang).catch(() => {});
  await reader.waitForEvent('console');
  topic.publish(5);
  for (const packets of await found(pages, 7)) assert.deepEqual(packets, topic.all());
});

/** Keeps the page from doing anything else. */
function hang() {
  console.log('it hangs');
  for (;;);
}

test('a tab that stops leaves the others alone', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 3);
  topic.publish(2);
  await found(pages, 2);
  const reader = await takeReader(pages);
  const [stopped, other] = pages;
  await stopped.evaluate(() => running.abort());
  topic.publish(2);
  for (const packets of await found([reader, other], 4)) assert.deepEqual(packets, [1, 2, 3, 4]);
  assert.deepEqual(await found([stopped], 2), [[1, 2]]);
  assert.equal(topic.connections, 1);
});

test('a tab that is loaded again follows again', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 2);
  topic.publish(2);
  await found(pages, 2);
  const reader = await takeReader(pages);
  await reader.reload();
  await reader.addScriptTag({ url: '/outflow.js' });
  await follow(reader);
  topic.publish(2);
  assert.deepEqual(await found([reader], 2), [[3, 4]]);
  assert.deepEqual(await found(pages, 4), [[1, 2, 3, 4]]);
  await until(() => topic.open.size === 1);
});

test('browsers that share nothing have a connection each', async t => {
  const topic = await serveTopic(t);
  await openTabs(t, topic, 2);
  await openTabs(t, topic, 2);
  assert.equal(topic.open.size, 2);
});
