// The page of the `shop` example: downloads by links, a dashboard, an answer and an import that survive a reload, and
// failures before the first packet and after it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('shop');
after(() => server.kill());

const shop = t => open(t, browser, server.url, { outflow: false });
const part = (page, name) => page.getByRole('region', { name, exact: true });
const button = (place, name) => place.getByRole('button', { name, exact: true });
const says = (place, text) => place.getByRole('status').getByText(text).waitFor();
const trouble = place => place.locator('[role=alert]').textContent();

/** Waits until a value is another than this one, and returns it. */
async function changed(read, old) {
  let value;
  await until(async () => (value = await read()) !== old);
  return value;
}

test('each link downloads the orders in its own format', async t => {
  const page = await shop(t);
  const begin = { CSV: '\uFEFFOrder,Customer,Total in €\r\n1,', NDJSON: '{"id":1,', JSON: '[{"id":1,' };
  for (const [format, text] of Object.entries(begin)) {
    const link = part(page, 'All orders').getByRole('link', { name: format, exact: true });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.equal(download.suggestedFilename(), `orders.${format.toLowerCase()}`);
    const file = await readFile(await download.path(), 'utf8');
    assert.equal(file.replace(/\s*("id"|{)\s*/g, '$1').slice(0, text.length), text);
    assert.match(file, /2000/);
  }
});

test('the dashboard moves, and goes on after a download', async t => {
  const page = await shop(t);
  const visitors = () => part(page, 'Now').locator('dd').first().textContent();
  const first = await changed(visitors, '–');
  await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'NDJSON' }).click()]);
  await changed(visitors, first);
});

test('an answer survives a reload, and ends with its usage', async t => {
  const page = await shop(t);
  const posts = [];
  page.on('request', request => request.method() === 'POST' && posts.push(request.url()));
  const ask = part(page, 'Ask');
  const answer = () => ask.locator('.answer').textContent();
  await button(ask, 'Ask').click();
  await changed(answer, '');
  await page.reload();
  await says(ask, '4 tokens up, 67 down');
  const text = await answer();
  assert.match(text, /^A parcel leaves our house on the day you order, .* look for the first one ourselves\.$/);
  assert.equal(text.split(' ').length, 67, 'each token once');
  assert.equal(posts.length, 1);
  await page.reload();
  assert.equal(await answer(), text, 'what has ended is still shown');
});

test('an answer is stopped, after a reload too', async t => {
  const page = await shop(t);
  const ask = part(page, 'Ask');
  const answer = () => ask.locator('.answer').textContent();
  await button(ask, 'Ask').click();
  await changed(answer, '');
  await page.reload();
  await button(ask, 'Stop').click();
  await says(ask, 'Stopped');
  const text = await answer();
  assert.ok(text && !text.endsWith('ourselves.'), text);
  assert.equal(await trouble(ask), '', 'to stop is no failure');
  await page.reload();
  await says(ask, 'Stopped');
  assert.equal(await answer(), text);
});

test('an import survives a reload, and each bad row is shown once', async t => {
  const page = await shop(t);
  const products = part(page, 'Import products');
  const share = () => products.getByRole('progressbar').evaluate(bar => bar.value);
  await button(products, 'Import').click();
  await products.getByText('Line 9: not a name and a price').waitFor();
  const before = await share();
  await page.reload();
  assert.ok((await share()) >= before);
  await says(products, '57 taken in, 3 not');
  assert.deepEqual(
    await products.getByRole('listitem').allTextContents(),
    [9, 34, 59].map(line => `Line ${line}: not a name and a price`),
  );
  assert.equal(await share(), 1);

  await products.getByRole('textbox').fill('who,when\n');
  await button(products, 'Import').click();
  await products.getByRole('alert').getByText('The first line must be').waitFor();
});

test('a failure before the first packet, one after it, and a purchase', async t => {
  const page = await shop(t);
  const checkout = part(page, 'Check out');
  const steps = () => checkout.getByRole('listitem').allTextContents();
  await button(checkout, '50 pencils, too many').click();
  await checkout.getByRole('alert').getByText('There are only 12 pencils. (409)').waitFor();
  assert.deepEqual(await steps(), []);

  await button(checkout, 'A card that is declined').click();
  await checkout.getByRole('alert').getByText('The bank declined the card 4000 0013. (402)').waitFor();
  assert.deepEqual(await steps(), ['The pencils are set aside.', 'Asking the bank.']);

  await button(checkout, '3 pencils').click();
  await says(checkout, '3.60 € paid');
  assert.equal(await trouble(checkout), '');
});
