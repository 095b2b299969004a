// The page of the guide "AI backends", read from there, so that the tested code is the documented one: `useChat` under
// React, in strict mode, which mounts everything twice in development.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const guide = await readFile(new URL('../../../runtime/src/docs/guide/ai.md', import.meta.url), 'utf8');
const page = /```tsx\n(.*?)```/s.exec(guide)[1];
const resolveDir = fileURLToPath(new URL('..', import.meta.url));
const client = path => fileURLToPath(new URL(`../../../runtime/client/${path}`, import.meta.url));

const app = `
  import { StrictMode } from 'react';
  import { createRoot } from 'react-dom/client';
  import Page from 'ai.md';

  createRoot(document.querySelector('div')).render(<StrictMode><Page /></StrictMode>);
`;

/**
 * Bundles the page.
 *
 * @param {string} [options] A module that exports the options of `useChat` as `options`.
 */
export async function bundle(options) {
  const tsx = options ? `import { options } from 'options';\n${page.replace('useChat()', 'useChat(options)')}` : page;
  const modules = { 'ai.md': [tsx, 'tsx'], options: [options, 'js'] };
  const { outputFiles } = await build({
    stdin: { contents: app, loader: 'jsx', resolveDir },
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    jsxDev: true,
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { 'outflow/ai-sdk': client('outflow/ai-sdk.mjs') },
    plugins: [
      {
        name: 'modules',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^(ai\.md|options)$/ }, ({ path }) => ({ path, namespace: 'test' }));
          onLoad({ filter: /./, namespace: 'test' }, ({ path }) => {
            const [contents, loader] = modules[path];
            return { contents, loader, resolveDir };
          });
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/**
 * The chat as a person sees it.
 *
 * @param {import('playwright-core').Page} page
 */
function chatOn(page) {
  const alert = page.locator('[role=alert]');
  return {
    page,
    async ask(text) {
      await page.locator('input').fill(text);
      await page.getByRole('button', { name: 'Send' }).click();
    },
    stop: () => page.getByRole('button', { name: 'Stop' }).click(),
    /** Waits until a message is exactly this. */
    shows: text => page.getByText(text, { exact: true }).waitFor(),
    /** Waits until a message begins with this. */
    showsPart: text => page.locator('p', { hasText: text }).waitFor(),
    messages: async () => (await page.locator('p').allTextContents()).filter(text => /^(user|assistant): /.test(text)),
    /** Waits until there is no answer on its way. */
    idle: () => page.getByRole('button', { name: 'Send' }).waitFor(),
    alerts: () => alert.count(),
    alert: text => page.locator('[role=alert]', { hasText: text }).waitFor(),
    reload: () => page.reload(),
  };
}

/**
 * Opens pages of one browser profile, which share their storage, at `url`.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} code From `bundle`.
 */
export async function profile(t, browser, url, code) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const html = '<!doctype html><div></div><script type="module" src="/page.js"></script>';
  await context.route(`${url}/`, route => route.fulfill({ contentType: 'text/html', body: html }));
  await context.route(`${url}/page.js`, route => route.fulfill({ contentType: 'text/javascript', body: code }));
  return {
    context,
    /** Opens the chat in a tab of its own. */
    async tab() {
      const page = await context.newPage();
      await page.goto(`${url}/`);
      await page.locator('input').waitFor();
      return chatOn(page);
    },
  };
}
