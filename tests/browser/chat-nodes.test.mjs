// The `chat` example on two nodes that keep their runs in Redis: when one dies, a page reads on from the other.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { after, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();

/** Starts a Redis that stores nothing on disk, and returns its URL. */
async function redis() {
  const port = await new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  for await (const text of child.stdout) if (`${text}`.includes('Ready to accept')) break;
  child.stdout.resume();
  return `redis://127.0.0.1:${port}`;
}

/** A load balancer: one address, whose connections go to the node that is set. */
async function balancer(t) {
  const open = new Set();
  let node;
  const server = createServer(client => {
    const { hostname, port } = new URL(node);
    const upstream = connect(port, hostname);
    join(client, upstream);
    join(upstream, client);
  });
  function join(from, to) {
    open.add(from);
    from.on('error', () => {}); // a node that was killed
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Sends new connections to this node, and cuts those to the other. */
    use({ url }) {
      node = url;
      for (const socket of open) socket.destroy();
    },
  };
}

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
