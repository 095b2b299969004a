// A face of the `chat` example, as people use it: the same for each of the pages that `npm run build` makes in
// `examples/chat/react`.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { until } from '../../../runtime/client/test/support/observe.mjs';
import { isAccessible, launch, open } from './browser.mjs';
import { start } from './servers.mjs';

/** Defines the tests for the page at this path. */
export async function testFace(path) {
  const browser = await launch();
  const server = await start('chat');
  after(() => server.kill());

  const answer = page => page.locator('ol[aria-label=Conversation] > li').last();
  const text = page => answer(page).locator('.text').last().textContent();
  const state = (page, word) => page.locator('[role=status]', { hasText: word }).waitFor({ state: 'attached' });
  const button = (page, name) => page.getByRole('button', { name, exact: true });
  const ask = async (page, question) => {
    await page.getByRole('textbox').fill(question);
    await page.keyboard.press('Enter');
  };

  /** Opens the page and asks a question. `requests` are all those about the chat. */
  async function asked(t, question, url = server.url) {
    const page = await open(t, browser, url + path, { outflow: false });
    page.requests = [];
    page.on('request', request => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/chat/')) page.requests.push(`${request.method()} ${pathname}`);
    });
    await ask(page, question);
    return page;
  }

  const posts = page => page.requests.filter(request => request.startsWith('POST')).length;

  /** Waits until the answer has grown, and returns its text. */
  async function grown(page, length = 0) {
    const isLonger = length =>
      [...document.querySelectorAll('ol > li:last-child .text')].at(-1)?.textContent.length > length + 30;
    await page.waitForFunction(isLonger, length);
    return text(page);
  }

  test('an answer with its reasoning, its source and its tokens', async t => {
    const page = await asked(t, 'What is a stream?');
    await page.getByText('Thinking …').waitFor();
    await state(page, 'Answering');
    await state(page, /^\d+ tokens in .* by two words of memory$/);
    assert.match(await text(page), /\.$/);
    assert.equal(await answer(page).locator('.reasoning p').isVisible(), false);
    await page.getByText('Reasoning').click();
    assert.match(await answer(page).locator('.reasoning p').innerText(), /thirty sentences/);
    const source = answer(page).getByRole('link', { name: 'Thirty sentences about rivers' });
    const sentences = await page.request.get(new URL(await source.getAttribute('href'), page.url()).href);
    assert.equal((await sentences.text()).trim().split('\n').length, 30);
  });

  test('a tool that the server runs', async t => {
    const page = await asked(t, 'How is the level?');
    const tool = answer(page).locator('.tool');
    await tool.getByText('runs …').waitFor();
    await tool.getByText('Old Mill Stream').waitFor();
    assert.match(await tool.innerText(), /river: Old Mill Stream/);
    await tool.getByText('done').waitFor();
    assert.match(await tool.innerText(), /metres: 2\.4\s+trend: rising/);
    await state(page, 'tokens in');
    assert.equal(await text(page), 'The gauge shows 2.4 metres, and the water is rising.');
  });

  test('after reloads in mid-answer the answer goes on, and every token appears once', async t => {
    const page = await asked(t, 'What is a stream?');
    let length = 0;
    for (let reloads = 0; reloads < 2; reloads += 1) {
      const before = await grown(page, length);
      await page.reload();
      const restored = await grown(page, before.length);
      assert.ok(restored.startsWith(before), `${restored}, ${before}`);
      length = restored.length;
    }
    await state(page, 'tokens in');
    const whole = await text(page);
    assert.match(whole, /\.$/);
    assert.equal(posts(page), 1);
    page.requests.length = 0;
    await page.reload();
    await answer(page).waitFor();
    assert.equal(await text(page), whole);
    assert.match(await answer(page).locator('.foot').innerText(), /tokens in/);
    assert.deepEqual(page.requests, [], 'an answer that is whole is not asked for');
  });

  test('an answer that ended while the page was away', async t => {
    const page = await asked(t, 'What is a stream?');
    const before = await grown(page);
    const url = page.url();
    await page.goto('about:blank');
    const stream = `${server.url}/chat/${new URL(url).searchParams.get('chat')}/stream`;
    await until(async () => (await fetch(stream, { method: 'HEAD' })).status === 204);
    await page.goto(url);
    await state(page, 'tokens in');
    assert.ok((await text(page)).startsWith(before));
    assert.match(await text(page), /\.$/);
    assert.equal(posts(page), 1);
  });

  test('stop: every tab shows it, and keeps the tokens so far', async t => {
    const page = await asked(t, 'What is a stream?');
    await grown(page);
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await grown(tab);
    await button(page, 'Stop').click();
    await Promise.all([state(page, 'Stopped'), state(tab, 'Stopped')]);
    const stopped = await text(page);
    assert.equal(stopped, await text(tab));
    assert.equal(await answer(page).locator('.trouble').textContent(), '', 'to stop is no failure');
    assert.equal(await page.getByRole('textbox').evaluate(element => element === document.activeElement), true);
    await page.reload();
    assert.equal(await text(page), stopped);
    assert.equal(await answer(page).locator('.foot span').innerText(), 'Stopped');

    await button(page, 'Ask again').click();
    await state(page, 'tokens in');
    assert.equal(await page.locator('ol > li .question').count(), 1);
  });

  test('a failure stays one once the next question is asked', async t => {
    const page = await asked(t, 'Please fail.');
    await state(page, 'Failed');
    await ask(page, 'How is the level?');
    await state(page, /^\d+ tokens in /);
    const first = page.locator('ol[aria-label=Conversation] > li').first();
    assert.match(await first.innerText(), /Failed/);
    await page.reload();
    await first.getByText('Failed').waitFor();
  });

  test('a failure in mid-answer, and one before the first token', async t => {
    const page = await asked(t, 'Please fail.');
    await state(page, 'Failed');
    assert.match(await page.getByRole('alert').innerText(), /The model broke off: the question says “fail”/);
    assert.notEqual(await text(page), '');
    await page.reload();
    assert.match(await page.getByRole('alert').innerText(), /The model broke off/);
    await ask(page, 'And the ducks?');
    await state(page, 'tokens in');

    const lonely = await start('chat', { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    t.after(() => lonely.kill());
    const refused = await asked(t, 'Is anybody there?', lonely.url);
    await state(refused, 'Failed');
    assert.match(await refused.getByRole('alert').innerText(), /^The model can't be reached: .*refused/);
  });

  for (const { word, outcome, says } of [
    { word: 'Approve', outcome: 'state: open', says: /the gate stands open/ },
    { word: 'Decline', outcome: undefined, says: /the gate stays shut/ },
  ]) {
    test(`a tool that the person has to approve: ${word}`, async t => {
      const page = await asked(t, 'Open the gate!');
      await state(page, 'Waiting for your approval');
      await page.reload(); // the question stays
      const tool = answer(page).locator('.tool');
      assert.match(await tool.innerText(), /gate: Mill weir/);
      assert.equal(await button(page, 'Send').isDisabled(), true);
      await tool.getByText("Water that has left can't be called back.").waitFor();
      await button(page, word).press('Enter');
      await state(page, 'Answering');
      await page.reload(); // in the middle of what comes of it
      await state(page, 'tokens in');
      assert.match(await text(page), says);
      assert.equal((await tool.innerText()).includes('state: open'), outcome !== undefined);
      assert.equal(await button(page, 'Approve').count(), 0);
      assert.equal(await page.locator('ol > li .question').count(), 1);
      assert.equal(posts(page), 2);
      await page.reload();
      assert.match(await text(page), says);
    });
  }

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing in ${colorScheme}`, async t => {
      const page = await open(t, browser, server.url + path, { outflow: false });
      await page.emulateMedia({ colorScheme });
      await isAccessible(page);
      await ask(page, 'How is the level?');
      await state(page, 'tokens in');
      await ask(page, 'Please fail.');
      await state(page, 'Failed');
      await ask(page, 'Open the gate!');
      await state(page, 'Waiting for your approval');
      await isAccessible(page);
    });
  }
}
