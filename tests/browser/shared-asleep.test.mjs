// One connection for all tabs, and tabs that are asleep.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import puppeteer from 'puppeteer-core';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { FLAGS, chromiumPath } from './support/browser.mjs';
import { follow, found, serveTopic, takeReader } from './support/topic.mjs';

// Without Playwright, which tells every page that it is visible: such a page cannot be put to sleep.
const browser = await puppeteer.launch({ executablePath: chromiumPath(), args: FLAGS });
after(() => browser.close());

/** Opens that many tabs which follow the topic, all of them hidden: one that is shown would look after the others. */
async function openTabs(t, topic, count) {
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  const pages = [];
  while (pages.length < count) {
    const page = await context.newPage();
    await page.goto(`${topic.url}with-script`);
    await page.evaluate(() => {
      globalThis.isAsleep = false;
      document.addEventListener('freeze', () => (isAsleep = true));
      document.addEventListener('resume', () => (isAsleep = false));
    });
    await follow(page);
    pages.push(page);
  }
  await (await context.newPage()).bringToFront();
  for (const page of pages) assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
  return pages;
}

/** Puts a tab to sleep, as browsers do with one that is hidden for long: its timers stop, and its fetches. */
async function putToSleep(page) {
  const session = await page.createCDPSession();
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await until(() => page.evaluate(() => isAsleep));
  return async () => {
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await until(() => page.evaluate(() => !isAsleep));
  };
}

test('a tab that falls asleep does not keep the others from reading', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 3);
  topic.publish(2);
  await found(pages, 2); // from now on there is an id to go on from
  const reader = await takeReader(pages);
  const wake = await putToSleep(reader);
  topic.publish(5);
  for (const packets of await found(pages, 7)) assert.deepEqual(packets, topic.all());
  await wake();
  topic.publish(5);
  for (const packets of await found([reader, ...pages], 12)) assert.deepEqual(packets, topic.all());
});

test('a tab that is asleep does not take over', async t => {
  const topic = await serveTopic(t);
  const pages = await openTabs(t, topic, 3);
  topic.publish(2);
  await found(pages, 2);
  const reader = await takeReader(pages);
  const [sleeper, other] = pages;
  const wake = await putToSleep(sleeper);
  await reader.close();
  topic.publish(5);
  for (const packets of await found([other], 7)) assert.deepEqual(packets, topic.all());
  await wake();
  await other.close();
  topic.publish(5);
  for (const packets of await found([sleeper], 12)) assert.deepEqual(packets, topic.all());
});
