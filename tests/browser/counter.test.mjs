// The page of the `counter` example shows what happens, also when something goes wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();

const state = (page, word) => page.locator('[role=status]', { hasText: word }).waitFor();
const packets = page => page.locator('[role=log] li span').allTextContents();
const button = (page, name) => page.getByRole('button', { name });

test('the page runs on load, stops, runs again, and shows what went wrong', async t => {
  const server = await start('counter');
  t.after(() => server.kill());
  const page = await open(t, browser, server.url, { outflow: false });

  await state(page, 'Streaming');
  await page.getByText('i=2', { exact: true }).waitFor();
  assert.deepEqual(await packets(page), ['Starting stream test', 'i=1', 'i=2']);
  assert.equal(await page.locator('#count').textContent(), '3 packets');
  const [first, , third] = await page.locator('time').allTextContents();
  assert.ok(parseFloat(third) - parseFloat(first) > 0.9, `${first}, ${third}`);

  await button(page, 'Stop').click();
  await state(page, 'Stopped');
  assert.equal(await button(page, 'Stop').isDisabled(), true);
  assert.equal(await button(page, 'Run again').evaluate(element => element === document.activeElement), true);
  assert.equal(await page.locator('[role=alert]').textContent(), '', 'to stop is no failure');

  await button(page, 'Run again').click();
  await button(page, 'Run again').click(); // replaces the run that has just started
  await page.getByText('i=2', { exact: true }).waitFor();
  assert.deepEqual(await packets(page), ['Starting stream test', 'i=1', 'i=2']);
  await state(page, 'Streaming');

  await server.kill();
  await state(page, 'Failed');
  assert.match(await page.locator('[role=alert]').textContent(), /connection broke.*server is running/);

  await button(page, 'Run again').click();
  await state(page, 'Failed');
  assert.match(await page.locator('[role=alert]').textContent(), /No response.*server is running/);
  assert.deepEqual(await packets(page), []);
});

test('the page says when the script is missing', async t => {
  const server = await start('counter');
  t.after(() => server.kill());
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.route('**/outflow.js', route => route.abort());
  await page.goto(server.url);
  await state(page, 'Failed');
  assert.match(await page.locator('[role=alert]').textContent(), /outflow\.js did not load/);
});

test('the page runs to the end', async t => {
  const server = await start('counter');
  t.after(() => server.kill());
  const page = await open(t, browser, server.url, { outflow: false });
  await state(page, 'Done');
  assert.deepEqual(await packets(page), [
    'Starting stream test',
    ...Array.from({ length: 10 }, (_, i) => `i=${i + 1}`),
  ]);
});

test('the API page calls the action', async t => {
  const server = await start('counter');
  t.after(() => server.kill());
  const page = await open(t, browser, server.url, { outflow: false });
  await page.getByRole('link', { name: 'API page' }).click();
  await page.getByRole('link', { name: /\/stream\/test/ }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('.rows').getByText('i=2').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('status').getByText('Stopped').waitFor();
});
