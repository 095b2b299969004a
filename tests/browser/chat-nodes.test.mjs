// The `chat` example on two nodes that keep their runs in Redis: when one dies, a page reads on from the other.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { balancer, redis } from './support/nodes.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();

const text = page => page.locator('.text').textContent();
const grown = (page, length) =>
  page.waitForFunction(length => document.querySelector('.text')?.textContent.length > length + 30, length);
const state = (page, word) => page.locator('[role=status]', { hasText: word }).waitFor({ state: 'attached' });

const REDIS_URL = await redis();

/** Starts two nodes, and a page that has asked the first one. */
async function asked(t) {
  const nodes = await Promise.all([start('chat', { REDIS_URL }), start('chat', { REDIS_URL })]);
  t.after(() => Promise.all(nodes.map(node => node.kill())));
  const front = await balancer(t);
  front.use(nodes[0]);
  const page = await open(t, browser, front.url, { outflow: false });
  await page.getByRole('button', { name: 'And the ducks?' }).click();
  await grown(page, 0);
  return { nodes, front, page };
}

test('if the node that the page reads from is killed, the page reads on from the other, each token once', async t => {
  const { nodes, front, page } = await asked(t);
  front.use(nodes[1]);
  await grown(page, (await text(page)).length);
  await nodes[1].kill();
  front.use(nodes[0]);
  await state(page, /tokens in/);
  const tokens = await page.evaluate(async () => {
    const { run, key } = JSON.parse(sessionStorage.getItem('outflow-chat')).at(-1).handle;
    const response = await fetch(run, { headers: { 'run-key': key, accept: 'application/x-ndjson' } });
    return (await response.text())
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
      .map(({ ai, delta }) => (ai === 'text' ? delta : ''));
  });
  assert.equal(await text(page), tokens.join(''));
});

test('if the node that answers is killed, the other says so, and the page keeps the tokens so far', async t => {
  const { nodes, front, page } = await asked(t);
  front.use(nodes[1]);
  await grown(page, (await text(page)).length);
  const before = await text(page);
  await nodes[0].kill();
  await state(page, 'Failed');
  assert.match(await page.locator('[role=alert]').textContent(), /went away, and the rest of the answer with it/);
  assert.ok((await text(page)).startsWith(before));
});
