// The page of the guide "AI backends", read from there, so that the tested code is the documented one: `useChat` under
// React in a browser.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { launch } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const guide = await readFile(new URL('../../runtime/src/docs/guide/ai.md', import.meta.url), 'utf8');
const page = /```tsx\n(.*?)```/s.exec(guide)[1];
const resolveDir = fileURLToPath(new URL('.', import.meta.url));

const app = `
  import { StrictMode } from 'react';
  import { createRoot } from 'react-dom/client';
  import Page from 'ai.md';

  createRoot(document.querySelector('div')).render(<StrictMode><Page /></StrictMode>);
`;

const { outputFiles } = await build({
  stdin: { contents: app, loader: 'jsx', resolveDir },
  bundle: true,
  write: false,
  format: 'esm',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [
    {
      name: 'ai.md',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^ai\.md$/ }, ({ path }) => ({ path, namespace: 'guide' }));
        onLoad({ filter: /./, namespace: 'guide' }, () => ({ contents: page, loader: 'tsx', resolveDir }));
      },
    },
  ],
});
const code = outputFiles[0].text;

/** Opens the page, whose questions go to this action. */
async function chat(t, server, action) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.route(`${server.url}/`, route => route.fulfill({ contentType: 'text/html', body: '<div></div>' }));
  const url = `${server.url}/answers/${action}/chat`;
  await page.route('**/api/chat', route => route.continue({ url }));
  await page.goto(`${server.url}/`);
  await page.addScriptTag({ content: code, type: 'module' });
  return {
    page,
    async ask(text) {
      await page.locator('input').fill(text);
      await page.getByRole('button', { name: 'Send' }).click();
    },
    shows: text => page.getByText(text, { exact: true }).waitFor(),
  };
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
