// The API page: forms made from schemas, packets as they come, every ending, and what the page may not do.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { installed, launch } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('api');
after(() => server.kill());

/** Opens the page at an action. A violation of its policy and a request to another origin fail the test. */
async function open(t, hash = '', { at = '/docs', ...options } = {}) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.WAIT ?? 30_000));
  const wrong = [];
  page.requests = [];
  page.on('pageerror', error => wrong.push(error.message));
  page.on('console', message => /Content Security|TrustedHTML/.test(message.text()) && wrong.push(message.text()));
  page.on('request', request => {
    page.requests.push(request);
    if (!request.url().startsWith(server.url) && !request.url().startsWith('blob:')) wrong.push(request.url());
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', event => console.error(`Content Security: ${event.violatedDirective}`));
  });
  t.after(() => assert.deepEqual(wrong, []));
  await page.goto(`${server.url}${at}${hash}`);
  await page.locator('nav').waitFor({ state: 'attached' });
  return page;
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const send = page => button(page, 'Send').click();
const state = (page, word) => page.locator('.state').getByText(word).waitFor();
const rows = page => page.locator('.rows li code').allInnerTexts();

/** Fills in what an order needs, and sends it unless told otherwise. */
async function order(page, { plates = 2, burn = false } = {}) {
  await page.getByLabel('dish').fill('Soup');
  await page.getByLabel('plates').fill(`${plates}`);
  if (burn) await page.getByLabel('burn').selectOption('true');
}

test('packets appear before the end, and the result apart from them', async t => {
  const page = await open(t, '#kitchen_cook');
  await order(page);
  await send(page);
  await page.locator('.rows li').first().waitFor();
  assert.equal(await page.locator('.output').getAttribute('data-state'), 'open');
  assert.equal(await page.locator('.panel').count(), 0);
  await state(page, 'Done');
  assert.deepEqual(
    (await rows(page)).map(row => JSON.parse(row).step),
    ['wash', 'cut', 'stir'],
  );
  const times = await page.locator('.rows time').allInnerTexts();
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  assert.ok(times[2] - times[0] > 0.3, 'each at its own time');
  assert.match(await page.locator('.panel').innerText(), /^Result\s[^]*"dish": "Soup"/);
});

test('a form becomes the body', async t => {
  const page = await open(t, '#kitchen_cook');
  await order(page);
  await page.getByLabel('doneness').selectOption('medium');
  await page.getByLabel('hot').check();
  await page.getByLabel('number').fill('18446744073709551615');
  await page.getByLabel('day').fill('2026-02-03');
  await button(page, 'Add to extras').click();
  await page.getByLabel('extras 1').selectOption('set');
  await button(page, 'Add to inner').click();
  await page.getByLabel('inner 1').selectOption('sauce');
  await page.getByLabel('ml').fill('2.5');
  await button(page, 'Add address').click();
  await page.getByLabel('street').fill('Main Street');
  await button(page, 'Add to labels').click();
  await page.getByLabel(/^Name/).fill('table');
  await page.getByLabel(/^Value/).fill('7');
  await send(page);
  await state(page, 'Done');
  const sent = page.requests.find(request => request.method() === 'POST');
  assert.match(sent.postData(), /"number":18446744073709551615/, 'with all of its digits');
  const { number, ...body } = JSON.parse(sent.postData());
  assert.deepEqual(body, {
    address: { street: 'Main Street' },
    burn: false,
    day: '2026-02-03',
    dish: 'Soup',
    doneness: 'medium',
    extras: [{ kind: 'set', inner: [{ kind: 'sauce', ml: 2.5 }] }],
    hot: true,
    labels: { table: '7' },
    plates: 2,
  });
});

test('the form and its JSON show each other', async t => {
  const page = await open(t, '#kitchen_cook');
  await order(page);
  await page.getByText('JSON', { exact: true }).first().click();
  const editor = page.getByLabel('Body as JSON');
  const body = JSON.parse(await editor.inputValue());
  assert.equal(body.dish, 'Soup');
  await editor.fill(JSON.stringify({ ...body, dish: 'Bread', labels: { a: 'b' } }));
  await page.getByText('Form', { exact: true }).click();
  assert.equal(await page.getByLabel('dish').inputValue(), 'Bread');
  assert.equal(await page.getByLabel(/^Value/).inputValue(), 'b');
  await page.getByText('JSON', { exact: true }).first().click();
  await editor.fill('{');
  await page.getByText('Form', { exact: true }).click();
  await page.getByText('Not JSON').waitFor();
});

test('a failure before the first packet', async t => {
  const page = await open(t, '#kitchen_cook');
  await order(page, { plates: 13 });
  await send(page);
  await state(page, 'Failed');
  const alert = await page.getByRole('alert').innerText();
  assert.match(alert, /Unprocessable Content|Unprocessable Entity/);
  assert.match(alert, /We have no thirteen plates\.[^]*status\s+422/);
  assert.deepEqual(await rows(page), []);
});

test('a failure after packets keeps them', async t => {
  const page = await open(t, '#kitchen_cook');
  await order(page, { burn: true });
  await send(page);
  await state(page, 'Failed');
  assert.match(await page.getByRole('alert').innerText(), /^Conflict\s+It is burnt\.[^]*409/);
  assert.equal((await rows(page)).length, 3);
});

test('stop', async t => {
  const page = await open(t, '#kitchen_orders');
  await page.getByLabel('count').fill('100000');
  await page.getByLabel('pause_ms').fill('20');
  await send(page);
  await page.locator('.rows li').nth(3).waitFor();
  await button(page, 'Stop').click();
  await state(page, 'Stopped');
  assert.deepEqual(await page.locator('.rows li b').evaluateAll(all => all.slice(0, 2).map(b => b.textContent)), [
    'opened',
    'served',
  ]);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Send');
  assert.equal(await page.getByRole('alert').innerText(), '', 'to stop is no failure');
});

test('a long stream keeps the newest packets in view', async t => {
  const page = await open(t, '#kitchen_orders');
  await page.getByLabel('count').fill('20000');
  await send(page);
  await state(page, 'Done');
  const shown = await rows(page);
  assert.equal(shown.length, 500);
  assert.equal(shown.at(-1), '{"order":19999}');
  await page.getByText('19,500 earlier packets are no longer in view').waitFor();
  await page.getByText('20,000 packets').waitFor();
});

test('other formats: rows of JSON, and text as it is', async t => {
  const page = await open(t, '#kitchen_cook');
  await order(page);
  for (const [name, type] of [
    ['ndjson', 'application/x-ndjson'],
    ['json', 'application/json'],
  ]) {
    await page.getByLabel('Format').selectOption({ label: `${name} · ${type}` });
    await send(page);
    await state(page, 'Receiving');
    await state(page, 'Done');
    assert.equal((await rows(page)).length, 3, name);
    const posts = page.requests.filter(request => request.method() === 'POST');
    assert.equal(posts.at(-1).headers().accept, type);
  }
  await page.getByLabel('Format').selectOption({ label: 'csv · text/csv' });
  await send(page);
  await page.locator('.raw').getByText('wash').waitFor();
  await state(page, 'Done');
  assert.match(await page.locator('.raw').innerText(), /^dish,number,step\r?\nSoup,1,wash/);
});

test('the progress of an upload', async t => {
  const page = await open(t, '#kitchen_deliver');
  await page.getByLabel('Content type').selectOption('multipart/form-data');
  const buffer = Buffer.alloc(2e6);
  await page.getByLabel('Files').setInputFiles({ name: 'carrots.bin', mimeType: 'image/png', buffer });
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1e6 };
  await session.send('Network.emulateNetworkConditions', slow);
  await send(page);
  await page.waitForFunction(() => {
    const { value } = document.querySelector('progress');
    return value > 0 && value < 1;
  });
  await state(page, 'Done');
  assert.equal(await page.locator('progress').evaluate(bar => bar.value), 1);
  assert.match(await page.locator('.panel').innerText(), /"bytes": 2000\d{3}/);
});

test('a run after a reload', async t => {
  const page = await open(t, '#kitchen_roast');
  await page.getByLabel('count').fill('500');
  await page.getByLabel('pause_ms').fill('20');
  await send(page);
  await page.locator('.rows li').nth(2).waitFor();
  assert.match(page.url(), /#kitchen_roast\/run$/);
  await page.reload();
  await page.locator('.rows li').nth(5).waitFor();
  assert.equal((await rows(page))[0], '{"minute":1}', 'from its start');
  const posts = page.requests.filter(request => request.method() === 'POST');
  assert.equal(posts.length, 1, 'the action is not run again');

  await button(page, 'Leave').click();
  await state(page, 'Stopped');
  await button(page, 'Back to the last run').click();
  await page.locator('.rows li').nth(2).waitFor();
  await button(page, 'Cancel the run').click();
  await state(page, 'Failed: cancelled');
});

test('an action that does not stream, with a header of one’s own', async t => {
  const page = await open(t, '#kitchen_menu', { at: '/docs/' });
  await page.getByText('Headers').click();
  await button(page, 'Add Authorization for token').click();
  await page.getByLabel('Value').fill('Bearer abc');
  await page.keyboard.press('Escape');
  await page.getByLabel('day').selectOption('a/b c');
  await send(page);
  await state(page, 'Done');
  const menu = JSON.parse(await page.locator('.raw').innerText());
  assert.deepEqual(menu, { day: 'a/b c', dishes: ['soup', '<b>bread</b>'], authorization: 'Bearer abc' });
  await page.locator('.curl summary').click();
  const command = await page.getByLabel('curl command').innerText();
  assert.equal(command, `curl -N ${server.url}/kitchen/menu/a%2Fb%20c \\\n  -H 'authorization: Bearer abc'`);
});

test('the page works under a prefix', async t => {
  const page = await open(t, '#kitchen_cook', { at: '/nested/docs' });
  await order(page);
  await page.locator('.curl summary').click();
  assert.match(await page.getByLabel('curl command').innerText(), /^curl -N http:.*\/kitchen\/cook/);
});

test('all by keyboard', async t => {
  const page = await open(t);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the action');
  await page.getByLabel('Filter actions').focus();
  await page.keyboard.type('roast');
  assert.equal(await page.locator('nav li:visible').count(), 1);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.tagName === 'H2');
  await page.keyboard.press('Tab'); // what it sends
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.labels[0].textContent), 'count*uint64');
  await page.keyboard.press('Enter');
  await state(page, 'Done');
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing in ${colorScheme}`, async t => {
    // axe writes into the page, which the policy forbids.
    const page = await open(t, '#kitchen_cook', { colorScheme, bypassCSP: true, reducedMotion: 'reduce' });
    const axe = await readFile(installed('axe-core/axe.min.js'), 'utf8');
    const check = async () => {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const found = violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 200)}`));
      assert.deepEqual(found, []);
    };
    await button(page, 'Add to extras').click();
    await button(page, 'Add address').click();
    await check();
    await order(page, { burn: true });
    await page.getByLabel('ml').fill('1');
    await page.getByLabel('street').fill('Main Street');
    await page.locator('.curl summary').click();
    await page.locator('.types summary').click();
    await send(page);
    await state(page, 'Failed');
    await check();
    await page.setViewportSize({ width: 360, height: 740 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await check();
  });
}

test('the page is at most 20 kB, gzipped, beside the client', async t => {
  const page = await open(t);
  await page.waitForLoadState('networkidle');
  const sizes = { page: 0, client: 0 };
  for (const request of page.requests) {
    if (request.url().endsWith('openapi.json')) continue;
    const response = await (await request.response()).body();
    const part = request.url().includes('/outflow.js') ? 'client' : 'page';
    sizes[part] += gzipSync(response, { level: 9 }).length;
  }
  t.diagnostic(`page ${sizes.page} bytes, client ${sizes.client} bytes`);
  assert.ok(sizes.client > 0 && sizes.client < 8000);
  assert.ok(sizes.page > 10_000 && sizes.page <= 20_000, `${sizes.page} bytes`);
});
