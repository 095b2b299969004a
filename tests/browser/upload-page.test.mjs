// The page of the `upload` example: the upload, the response, and failures.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('upload');
after(() => server.kill());

const state = (page, word) => page.locator('[role=status]').getByText(word, { exact: true }).waitFor();
const trouble = page => page.locator('[role=alert]').textContent();
const rows = page => page.locator('tbody tr').allInnerTexts();
const share = (page, name) => page.getByRole('progressbar', { name }).evaluate(bar => bar.value);

/** Selects a file with this text. */
const choose = (page, text, name = 'people.csv') =>
  page.locator('#file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

test('a good file', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  await choose(page, 'name,email,age\nAda,ada@example.org,36\nŽofie,zofie@example.org,29\n');
  await state(page, 'Checked');
  assert.match(await page.locator('#summary').textContent(), /^2 rows in [\d.]+ s: every one of them good\.$/);
  assert.deepEqual([await share(page, 'Sent'), await share(page, 'Checked')], [1, 1]);
  assert.deepEqual([await rows(page), await trouble(page)], [[], '']);
});

test('a bad file: its bad rows are listed, and the next file starts with an empty list', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const people = ['Ada,ada@example.org,36', 'Bob,nowhere,40', ',no@name.example,20', 'Eve,e@mail.example,200', 'Short'];
  await choose(page, `name,email,age\n${people.join('\n')}\n`);
  await state(page, 'Checked');
  assert.deepEqual(await rows(page), [
    '3\t“nowhere” is no email address',
    '4\tno name',
    '5\t“200” is no age',
    '6\t1 fields instead of 3',
  ]);
  assert.match(await page.locator('#summary').textContent(), /^5 rows in .*: 1 good, 4 bad\.$/);

  await choose(page, 'name,email,age\nAda,ada@example.org,36\n');
  await page.getByText('1 row in').waitFor();
  assert.deepEqual(await rows(page), []);
});

test('a wrong header line is refused with the reason', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  await choose(page, 'id,colour\n1,red\n');
  await state(page, 'Failed');
  assert.equal(
    await trouble(page),
    'The first line must be `name,email,age`, and it is `id,colour`.Mend the file, then send it again.',
  );
  await choose(page, '');
  await state(page, 'Failed');
});

test('47 MB from the button of the page', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  await page.getByRole('button', { name: 'Try 47 MB' }).click();
  await state(page, 'Checking');
  await page.waitForFunction(() => document.querySelector('#checked').value > 0);
  await state(page, 'Checked');
  assert.match(await page.locator('#summary').textContent(), /^1,100,000 rows in .*: 1,099,890 good, 110 bad\.$/);
  assert.equal((await rows(page)).length, 100);
  assert.equal(await page.locator('#caption').textContent(), '110 bad, the first 100 shown');
});

test('stop during the upload', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2e6 };
  await session.send('Network.emulateNetworkConditions', slow);
  await page.getByRole('button', { name: 'Try 47 MB' }).click();
  await page.waitForFunction(() => document.querySelector('#sent').value > 0);
  await page.getByRole('button', { name: 'Stop' }).click();
  await state(page, 'Stopped');
  assert.ok((await share(page, 'Sent')) < 1);
  assert.equal(await trouble(page), '', 'to stop is no failure');
  assert.equal(await page.getByRole('button', { name: 'Stop' }).isDisabled(), true);
});

test('a server that dies while it checks the rows', async t => {
  const mortal = await start('upload');
  t.after(() => mortal.kill());
  const page = await open(t, browser, mortal.url, { outflow: false });
  await page.getByRole('button', { name: 'Try 47 MB' }).click();
  await page.waitForFunction(() => document.querySelector('#checked').value > 0);
  await mortal.kill();
  await state(page, 'Failed');
  assert.match(await trouble(page), /\. (See that the server is running|The server went away)|connection broke/i);
  assert.ok((await share(page, 'Checked')) < 1);
  assert.equal(await page.locator('#summary').textContent(), '');
});
