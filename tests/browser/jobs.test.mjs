// The page of the `jobs` example: its bars survive a reload, and each job ends in its own way.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('jobs');
after(() => server.kill());

const job = (page, title) => page.getByRole('region', { name: title });
const state = (place, word) => place.locator('[role=status]').getByText(word, { exact: true }).waitFor();
const share = place => place.getByRole('progressbar').evaluate(bar => bar.value);
const button = (place, name) => place.getByRole('button', { name });

/** Waits until a bar is beyond this fraction. */
async function beyond(place, least) {
  await until(async () => (await share(place)) > least);
  return share(place);
}

test('three jobs: one is done, one fails, one is stopped, and a reload keeps the bars', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const posts = [];
  page.on('request', request => request.method() === 'POST' && posts.push(request.url()));
  const titles = ['Resize photos', 'Import orders', 'Index the archive'];
  const [photos, orders, index] = titles.map(title => job(page, title));
  await state(photos, 'Not started');
  await page.getByRole('button', { name: 'Start all' }).click();
  await beyond(orders, 0.1);
  assert.equal(await page.getByRole('button', { name: 'Start all' }).isDisabled(), true);

  const shares = async () => [await share(photos), await share(orders), await share(index)];
  const before = await shares();
  await page.reload();
  const restored = await shares();
  assert.ok(
    restored.every((share, i) => share >= before[i]),
    `${restored}, ${before}`,
  );
  await beyond(photos, restored[0]);

  await button(index, 'Stop').click();
  await state(index, 'Stopped');
  const stopped = await share(index);
  assert.ok(stopped > 0 && stopped < 1);
  assert.equal(await index.locator('[role=alert]').textContent(), '', 'to stop is no failure');

  await state(orders, 'Failed');
  assert.match(await orders.locator('[role=alert]').textContent(), /Order 20112 names a customer.*Mend/);
  assert.equal(await orders.locator('.step').textContent(), '111 of 160 · order 20111');

  await state(photos, 'Done');
  assert.equal(await share(photos), 1);
  assert.equal(posts.length, 3, `one run each: ${posts}`);

  const requests = [];
  page.on('request', request => requests.push(new URL(request.url()).pathname));
  await page.reload();
  await Promise.all([state(photos, 'Done'), state(orders, 'Failed'), state(index, 'Stopped')]);
  assert.deepEqual(await shares(), [1, 111 / 160, stopped]);
  assert.match(await orders.locator('[role=alert]').textContent(), /Order 20112/);
  assert.deepEqual(
    requests.filter(path => path.startsWith('/jobs/')),
    [],
    'what has ended is not asked for',
  );

  await button(index, 'Start again').click();
  await state(index, 'Running');
  assert.ok((await share(index)) < stopped);
});

test('a reload after a job has ended in the meantime', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const orders = job(page, 'Import orders');
  await button(orders, 'Start').click();
  await beyond(orders, 0.6);
  await page.goto('about:blank');
  await new Promise(resolve => setTimeout(resolve, 2000)); // the job fails while no page is open
  await page.goto(server.url);
  await state(orders, 'Failed');
  assert.equal(await orders.locator('.step').textContent(), '111 of 160 · order 20111');
});

test('a server that dies, and a new one that does not know the jobs', async t => {
  const first = await start('jobs');
  t.after(() => first.kill());
  const page = await open(t, browser, first.url, { outflow: false });
  const photos = job(page, 'Resize photos');
  await button(photos, 'Start').click();
  const before = await beyond(photos, 0.02);
  await first.kill();
  await state(photos, 'Connection lost, trying again');
  await button(photos, 'Stop').click();
  await page.getByText(/It goes on: .* Stop it again/).waitFor();
  assert.ok((await share(photos)) >= before);
  const second = await start('jobs', { ADDR: new URL(first.url).host });
  t.after(() => second.kill());
  await state(photos, 'Failed');
  assert.match(await photos.locator('[role=alert]').textContent(), /does not know this job.*Start the job again/);
});
