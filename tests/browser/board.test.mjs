// The page of the `board` example: tabs show the same values over one connection, see each other, and come back with the
// server.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { helpers, isAccessible, launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('board');
after(() => server.kill());

const state = (page, word) => page.locator('#state').getByText(word, { exact: true }).waitFor();
const person = (page, name) => page.locator('#people').getByText(name, { exact: true });
const values = page => page.locator('#values').evaluate(grid => [...grid.children].map(cell => cell.innerText).sort());

/** Waits until the tab shows all values. */
const complete = page => page.waitForFunction(() => document.querySelectorAll('#values li').length === 300);

/** Waits until a value changes. */
async function changes(page) {
  const before = String(await values(page));
  await until(async () => String(await values(page)) !== before);
}

/** Waits until the tab shows what the server has. */
const agrees = page =>
  page.evaluate(() =>
    until(async () => {
      const now = await (await fetch('/board/now')).json();
      const cells = [...document.querySelectorAll('#values li')];
      const shown = new Map(cells.map(({ children: [name, value] }) => [name.textContent, value.textContent]));
      return now.every(({ name, value }) => shown.get(name) === String(value));
    }),
  );

async function another(tab) {
  const page = await tab.context().newPage();
  await page.addInitScript(helpers);
  return page;
}

/** Opens the board in a tab, as the guest of this name, and notes the connections that it makes. */
async function enter(t, name, { url, tab }) {
  const page = tab ? await another(tab) : await open(t, browser, 'about:blank', { outflow: false });
  page.streams = [];
  page.on('request', request => page.streams.push(new URL(request.url()).pathname));
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Your name').press('Enter');
  await person(page, `${name} (you)`).waitFor();
  return page;
}

test('two tabs show the same values over one connection, and see each other', async t => {
  const ada = await enter(t, 'Ada', server);
  await Promise.all([state(ada, 'Live'), complete(ada)]);
  const bob = await enter(t, 'Bob', { url: server.url, tab: ada });
  await Promise.all([state(bob, 'Live'), complete(bob), person(ada, 'Bob').waitFor(), person(bob, 'Ada').waitFor()]);
  await Promise.all([changes(ada), changes(bob)]);
  assert.ok(!bob.streams.includes('/board/values'), 'the other tab reads');
  await isAccessible(ada);

  await bob.reload();
  await person(bob, 'Bob (you)').waitFor();
  assert.equal(await person(ada, 'Bob').count(), 1);

  // The tab that reads is closed: the other one goes on.
  await ada.close();
  await changes(bob);
  await person(bob, 'Ada').waitFor({ state: 'detached' });
});

test('a server that is killed, and comes back', async t => {
  const first = await start('board');
  t.after(() => first.kill());
  const ada = await enter(t, 'Ada', first);
  const bob = await enter(t, 'Bob', { url: first.url, tab: ada });
  const tabs = [ada, bob];
  await Promise.all(tabs.map(complete));
  await Promise.all(tabs.map(changes));

  await first.kill();
  await Promise.all(tabs.map(tab => state(tab, 'Reconnecting…')));
  await until(async () => String(await values(ada)) === String(await values(bob)));

  const second = await start('board', { ADDR: new URL(first.url).host });
  t.after(() => second.kill());
  await Promise.all(tabs.map(tab => state(tab, 'Live')));
  await Promise.all(tabs.map(changes));
  await Promise.all([person(ada, 'Bob').waitFor(), person(bob, 'Ada').waitFor()]);

  await Promise.all(tabs.map(agrees));
});
