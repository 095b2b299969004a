// The React hook of the README, read from there, so that the tested code is the documented one.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { event } from '../../runtime/client/test/support/server.mjs';
import { launch, open } from './support/browser.mjs';
import { servePage } from './support/raw.mjs';

const browser = await launch();
const client = new URL('../../runtime/client/', import.meta.url);
const readme = await readFile(new URL('README.md', client), 'utf8');
const hook = /```jsx\n(.*?export function useStream.*?)```/s.exec(readme)[1];

/** The modules that the client would load later, none of which is needed here. */
const LAZY = [
  'warning',
  'session',
  'upload',
  'response',
  ...['envelope', 'frames', 'json', 'ndjson'].map(format => `decoders/${format}`),
];

/** The app, in strict mode, which mounts everything twice in development. */
const app = `
  import { StrictMode, useEffect } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useStream } from 'README.md';

  function Show({ url }) {
    useEffect(() => void (globalThis.mounts = (globalThis.mounts ?? 0) + 1), []);
    const { packets, result, error, isDone } = useStream(url);
    return <output>{JSON.stringify([url, packets, result ?? null, error?.code ?? null, isDone])}</output>;
  }

  const place = document.body.appendChild(document.createElement('main'));
  const root = createRoot(place);
  globalThis.show = url => root.render(<StrictMode>{url && <Show url={url} />}</StrictMode>);
`;

/** The bundled code of the page, with the hook and the client. */
async function bundled() {
  const { outputFiles } = await build({
    stdin: { contents: app, loader: 'jsx', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    jsxDev: true,
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: { outflow: fileURLToPath(new URL('outflow.mjs', client)) },
    external: LAZY.map(name => `./${name}.mjs`),
    plugins: [
      {
        name: 'README.md',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^README\.md$/ }, ({ path }) => ({ path, namespace: 'readme' }));
          const resolveDir = fileURLToPath(new URL('.', import.meta.url));
          onLoad({ filter: /./, namespace: 'readme' }, () => ({ contents: hook, loader: 'jsx', resolveDir }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}
const code = await bundled();

/** Opens a page with the component, and collects its connections by path. */
async function mounted(t) {
  const connections = {};
  const url = await servePage(t, connection => {
    const { path } = connection.request;
    if (path === '/app.mjs') return connection.head('200 OK', 'content-type: text/javascript').chunk(code).end();
    (connections[path] ??= []).push(connection.sse().chunk(event(`first of ${path}`)));
  });
  const page = await open(t, browser, url, { outflow: false });
  await page.addScriptTag({ url: '/app.mjs', type: 'module' });
  const shown = page.locator('output');
  return {
    page,
    connections,
    show: path => page.evaluate(path => show(path), path),
    /** Waits until the component shows this: URL, packets, result, error, and whether the stream is over. */
    shows: (...expected) => shown.getByText(JSON.stringify(expected), { exact: true }).waitFor(),
  };
}

test('the hook streams once, even though strict mode mounts it twice', async t => {
  const { page, connections, show, shows } = await mounted(t);
  await show('/a');
  await shows('/a', ['first of /a'], null, null, false);
  const [connection, ...others] = connections['/a'];
  assert.deepEqual(others, [], 'the first mount is left before it asks');
  assert.equal(await page.evaluate(() => mounts), 2, 'or this test proves nothing');
  connection.chunk(event(2));
  await shows('/a', ['first of /a', 2], null, null, false);
  connection.chunk(event('bye', 'done')).end();
  await shows('/a', ['first of /a', 2], 'bye', null, true);
});

test('a component that unmounts aborts its stream', async t => {
  const { page, connections, show, shows } = await mounted(t);
  await show('/a');
  await shows('/a', ['first of /a'], null, null, false);
  await show(null);
  await connections['/a'][0].closed; // limited by the timeout of the test
  assert.equal(await page.locator('output').count(), 0);
});

test('with another URL the old stream is aborted, and its packets disappear', async t => {
  const { connections, show, shows } = await mounted(t);
  await show('/a');
  await shows('/a', ['first of /a'], null, null, false);
  await show('/b');
  await shows('/b', ['first of /b'], null, null, false);
  await connections['/a'][0].closed;
  connections['/b'][0].chunk(event(null, 'done')).end();
  await shows('/b', ['first of /b'], null, null, true);
});

test('a failure is shown', async t => {
  const { connections, show, shows } = await mounted(t);
  await show('/a');
  await shows('/a', ['first of /a'], null, null, false);
  connections['/a'][0].end();
  await shows('/a', ['first of /a'], null, 'truncated', true);
});
