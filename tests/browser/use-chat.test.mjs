// The page of the guide "AI backends": `useChat` as it comes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch } from './support/browser.mjs';
import { start } from './support/servers.mjs';
import { bundle, profile } from './support/use-chat.mjs';

const browser = await launch();
const code = await bundle();

/** Opens the page, whose questions go to this action. */
async function chat(t, server, action) {
  const { context, tab } = await profile(t, browser, server.url, code);
  const url = `${server.url}/answers/${action}/chat`;
  await context.route('**/api/chat', route => route.continue({ url }));
  return tab();
}

test('an answer, and another one after it', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { page, ask, shows } = await chat(t, server, 'echo');
  await ask('How is Oslo?');
  await shows('user: How is Oslo?');
  await shows('assistant: How is Oslo?');
  await ask('And Rome?');
  await shows('assistant: And Rome?');
  assert.equal(await page.locator('p').count(), 4);
  assert.equal(await page.locator('[role=alert]').count(), 0);
});

test('a failure before the first token, and one in mid-answer', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const refused = await chat(t, server, 'refuses');
  await refused.ask('How is Oslo?');
  await refused.page.locator('[role=alert]', { hasText: 'come back tomorrow' }).waitFor();
  const failed = await chat(t, server, 'fails');
  await failed.ask('How is Oslo?');
  await failed.page.locator('[role=alert]', { hasText: '503: the model is overloaded' }).waitFor();
  assert.equal(await failed.page.locator('p').nth(1).textContent(), 'assistant: It ');
});

test('stop ends the action, and what has come stays', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { page, ask } = await chat(t, server, 'endless');
  await ask('How is Oslo?');
  await page.locator('p', { hasText: 'assistant: on and on and ' }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  assert.equal(await server.line(), 'the endless answer was dropped');
  await page.getByRole('button', { name: 'Send' }).waitFor();
  assert.match(await page.locator('p').nth(1).textContent(), /^assistant: on and on/);
  assert.equal(await page.locator('[role=alert]').count(), 0);
});
