// The page of the `chat` example: an answer survives reloads and other tabs, and every token appears once.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { isAccessible, launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('chat');
after(() => server.kill());

const text = page => page.locator('.text').last().textContent();
const textOf = packets => packets.map(({ ai, delta }) => (ai === 'text' ? delta : '')).join('');
const state = (page, word) => page.locator('[role=status]', { hasText: word }).waitFor({ state: 'attached' });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const trouble = page => page.locator('[role=alert]').last().textContent();

/** Opens a page and asks a question. `posts` counts the requests for an answer. */
async function asked(t, url = server.url, question = 'What is a stream?') {
  const page = await open(t, browser, url, { outflow: false });
  page.posts = 0;
  page.on('request', request => (page.posts += Number(request.method() === 'POST')));
  await page.getByRole('textbox').fill(question);
  await page.keyboard.press('Enter');
  return page;
}

/** Waits until the answer has grown, and returns it. */
async function grown(page, length = 0) {
  const isLonger = length => document.querySelector('li:last-child .text')?.textContent.length > length + 30;
  await page.waitForFunction(isLonger, length);
  return text(page);
}

test('a reload before the server has sent the URL of the answer', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const posts = [];
  // The first request arrives, but its response does not.
  await page.route('**/chat/*?format=sse', async route => {
    const request = route.request();
    const [method, headers, body] = [request.method(), await request.allHeaders(), request.postData()];
    posts.push([method, headers['idempotency-key'], body]);
    if (posts.length > 1) return route.continue();
    void fetch(request.url(), { method, headers, body });
  });
  await page.getByRole('textbox').fill('What is a stream?');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => sessionStorage.getItem('outflow-chat')?.includes('"key"'));
  await until(() => posts.length);
  assert.equal(await page.getByRole('link', { name: 'Open in a second tab' }).last().isVisible(), false);
  await page.reload();
  await state(page, 'tokens in');
  assert.equal(posts.length, 2);
  assert.deepEqual(posts[1], posts[0], 'the same question, with the same key');
  const { cursor, packets } = await kept(page);
  assert.equal(await text(page), textOf(packets.slice(0, cursor)));
});

/** Opens the answer in a second tab. */
async function secondTab(page) {
  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: 'Open in a second tab' }).last().click(),
  ]);
  return tab;
}

/** The packets of the answer on the server, and the page's cursor. */
const kept = page =>
  page.evaluate(async () => {
    const { handle } = JSON.parse(sessionStorage.getItem('outflow-chat')).at(-1);
    const headers = { 'run-key': handle.key, accept: 'application/x-ndjson' };
    const lines = (await (await fetch(handle.run, { headers })).text()).trimEnd().split('\n');
    return { cursor: handle.cursor, packets: lines.map(line => JSON.parse(line)) };
  });

test('after reloads in mid-answer the answer goes on, and every token appears once', async t => {
  const page = await asked(t);
  let length = 0;
  for (let reloads = 0; reloads < 3; reloads += 1) {
    const before = await grown(page, length);
    await page.reload();
    const restored = await text(page);
    assert.ok(restored.startsWith(before), `${restored}, ${before}`);
    length = restored.length;
  }
  await state(page, /tokens in/);
  const { cursor, packets } = await kept(page);
  assert.equal(await text(page), textOf(packets));
  assert.equal(cursor, packets.length);
  const tokens = packets.filter(({ ai }) => ai === 'text' || ai === 'reasoning').length;
  assert.match(await page.locator('[role=status]').textContent(), new RegExp(`^${tokens} tokens`));
  assert.equal(page.posts, 1);
  assert.equal(await page.locator('li').count(), 1);

  const requests = [];
  page.on('request', request => requests.push(new URL(request.url()).pathname));
  await page.reload();
  assert.equal(await text(page), textOf(packets));
  assert.deepEqual(
    requests.filter(path => path.startsWith('/chat/')),
    [],
    'an answer that is whole is not asked for',
  );
});

test('a link opened in a tab that has part of the answer reads it from the start', async t => {
  const page = await asked(t);
  await grown(page);
  const link = await page.getByRole('link', { name: 'Open in a second tab' }).getAttribute('href');
  await page.goto('about:blank');
  await page.goto(server.url + link); // the tab still has part of it in its storage
  await state(page, /tokens in/);
  assert.equal(await text(page), textOf((await kept(page)).packets));
});

test('a second tab gets the whole answer, and continues on its own', async t => {
  const page = await asked(t);
  await grown(page);
  const tab = await secondTab(page);
  assert.equal(await tab.locator('.question').textContent(), 'What is a stream?');
  await grown(tab);
  assert.equal(new URL(tab.url()).hash, '', 'the key does not stay in the address');
  await tab.reload();
  await Promise.all([state(page, /tokens in/), state(tab, /tokens in/)]);
  assert.equal(await text(tab), await text(page));
  assert.equal(await text(page), textOf((await kept(page)).packets));
  assert.equal(page.posts, 1);

  await tab.getByRole('textbox').fill('And then?');
  await button(tab, 'Send').click();
  await state(tab, 'Answering');
  assert.equal(await tab.locator('li').count(), 2);
  assert.equal(await page.locator('li').count(), 1);
});

test('a link never sends the key to another origin', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const requests = [];
  page.on('request', request => requests.push(new URL(request.url()).origin));
  await page.goto('about:blank');
  const run = encodeURIComponent('http://localhost:9/x');
  await page.goto(`${server.url}/#run=${run}&key=0123456789abcdef0123456789abcdef`);
  await page.getByText('Ask something.').waitFor();
  assert.deepEqual([...new Set(requests)], [server.url]);
});

test('stop: every tab shows it, and keeps the tokens so far', async t => {
  const page = await asked(t);
  await grown(page);
  const tab = await secondTab(page);
  await grown(tab);
  await button(page, 'Stop').click();
  await Promise.all([state(page, 'Stopped'), state(tab, 'Stopped')]);
  assert.equal(await text(page), await text(tab));
  assert.equal(await trouble(page), '', 'to stop is no failure');
  assert.equal(await page.getByRole('textbox').evaluate(element => element === document.activeElement), true);
  const kept = await page.evaluate(async () => {
    const { handle } = JSON.parse(sessionStorage.getItem('outflow-chat')).at(-1);
    const { headers } = await fetch(handle.run, { method: 'HEAD', headers: { 'run-key': handle.key } });
    return headers.get('run-state');
  });
  assert.equal(kept, 'cancelled');
  await page.reload();
  assert.equal(await page.locator('.foot span').textContent(), 'Stopped');

  await button(page, 'Ask again').click();
  await state(page, 'Answering');
  assert.equal(await page.locator('li').count(), 1);
});

test('if the server dies, the page tries again, and says so if a new server does not know the answer', async t => {
  const first = await start('chat');
  t.after(() => first.kill());
  const page = await asked(t, first.url);
  const before = await grown(page);
  await first.kill();
  await state(page, 'Trying again');
  assert.ok((await text(page)).startsWith(before));
  const second = await start('chat', { ADDR: new URL(first.url).host });
  t.after(() => second.kill());
  await state(page, /^Failed/); // and not a browser's "Failed to fetch", which is tried again
  assert.match(await trouble(page), /does not know this answer.*Ask again/);
  assert.ok((await text(page)).startsWith(before));
  await button(page, 'Ask again').click();
  await state(page, 'Answering');
});

test('the page reports an unreachable model, and a missing script', async t => {
  const server = await start('chat', { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
  t.after(() => server.kill());
  const page = await asked(t, server.url);
  await state(page, 'Failed');
  assert.match(await trouble(page), /The model can't be reached: .*refused.*OPENAI_BASE_URL/);

  await page.route('**/outflow.js', route => route.abort());
  await page.reload();
  await button(page, 'Ask again').click();
  await page.getByText('outflow.js did not load').waitFor();
});

test('a failure in mid-answer', async t => {
  const page = await asked(t, server.url, 'Please fail.');
  await state(page, 'Failed');
  assert.match(await trouble(page), /^The model broke off: the question says “fail”.\s*Ask again.$/);
  assert.notEqual(await text(page), '');
});

test('a tool that the server runs, with a source', async t => {
  const page = await asked(t, server.url, 'How is the level?');
  const tool = page.locator('.tool');
  await tool.getByText('runs …').waitFor();
  await tool.getByText('done').waitFor();
  assert.match(await tool.innerText(), /river: Old Mill Stream\s+metres: 2\.4\s+trend: rising/);
  await state(page, 'tokens in');
  assert.equal(await page.locator('.reasoning p').isVisible(), false);
  await page.getByRole('link', { name: 'Thirty sentences about rivers' }).waitFor();
});

for (const { word, tells, says } of [
  { word: 'Approve', tells: 'done', says: /the gate stands open/ },
  { word: 'Decline', tells: 'declined', says: /the gate stays shut/ },
]) {
  test(`a tool that the person has to approve: ${word}`, async t => {
    const page = await asked(t, server.url, 'Open the gate!');
    await state(page, 'Waiting for your approval');
    await page.reload(); // the question stays
    assert.equal(await button(page, 'Send').isDisabled(), true);
    await button(page, word).press('Enter');
    await state(page, 'Answering');
    await page.reload(); // in the middle of what comes of it
    await state(page, 'tokens in');
    assert.match(await text(page), says);
    await page.locator('.tool').getByText(tells, { exact: true }).waitFor();
    assert.equal(await page.locator('ol > li').count(), 1);
    assert.equal(page.posts, 2);
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in ${colorScheme}`, async t => {
    const page = await open(t, browser, server.url, { outflow: false });
    await page.emulateMedia({ colorScheme });
    await isAccessible(page);
    for (const [question, word] of [
      ['How is the level?', 'tokens in'],
      ['Please fail.', 'Failed'],
      ['Open the gate!', 'Waiting for your approval'],
    ]) {
      await page.getByRole('textbox').fill(question);
      await page.keyboard.press('Enter');
      await state(page, word);
    }
    await isAccessible(page);
  });
}

test('a new chat leaves nothing behind', async t => {
  const page = await asked(t);
  await grown(page);
  await button(page, 'New chat').click();
  await page.getByText('Ask something.').waitFor();
  await button(page, 'And the ducks?').click();
  await state(page, 'Answering');
  assert.equal(await page.locator('li').count(), 1);
  await page.reload();
  assert.equal(await page.locator('.question').textContent(), 'And the ducks?');
});
