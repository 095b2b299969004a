// Readers that put HTML into a page: htmx 4 and 2, and Datastar. None of them asks again after an end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { build } from 'esbuild';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { installed, launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();

/**
 * Each reader: its scripts, the element that starts a stream, and by the end of that what the page shows and which
 * problems it is told of.
 */
const READERS = {
  'htmx 4': {
    scripts: ['htmx.org/dist/htmx.js', 'htmx.org/dist/ext/hx-sse.js'],
    element: end => `<ul hx-sse:connect="/pages/${end}" hx-sse:close="close" hx-swap="beforeend"></ul>`,
    shown: { done: ['1', '2'], early: [], late: ['1', '2'] },
    problems: { done: [], early: [409], late: [409] },
  },
  'htmx 2': {
    scripts: ['htmx2/dist/htmx.js', 'htmx-ext-sse/sse.js'],
    element: end =>
      `<ul hx-ext="sse" sse-connect="/pages/${end}" sse-close="close" sse-swap="message" hx-swap="beforeend"></ul>`,
    shown: { done: ['1', '2'], early: [], late: ['1', '2'] },
    problems: { done: [], early: [409], late: [409] },
  },
  Datastar: {
    scripts: ['@starfederation/datastar/dist/bundles/datastar.js'],
    element: end => `<div data-on-load="@get('/pages/merged?end=${end}')"><p id="news"></p></div>`,
    // The second fragment takes the place of the first.
    shown: { done: ['2'], early: [''], late: ['2'] },
    // It has an event of its own for a status, and none for `error`.
    problems: { done: [], early: [409], late: [] },
  },
};

for (const [name, reader] of Object.entries(READERS)) {
  for (const end of ['done', 'early', 'late']) {
    test(`${name}: ${end}`, async t => {
      const page = await show(t, reader, reader.element(end));
      await page.evaluate(() => until(() => globalThis.isOver));
      await page.clock.fastForward('10:00');
      assert.equal(await runs(page), 1);
      assert.deepEqual(await page.locator('li, p').allTextContents(), reader.shown[end]);
      assert.deepEqual(await page.evaluate(() => globalThis.problems), reader.problems[end]);
    });
  }
}

test('the client of this project takes the end event for what it is', async t => {
  const server = await start('fixture');
  t.after(() => server.kill());
  const page = await open(t, browser, server.url);
  const read = path => page.evaluate(path => calls(outflow.stream(path, { decode: 'text' })), path);
  const packets = [
    ['progress', '<li>1</li>\n'],
    ['progress', '<li>2</li>\n'],
  ];
  const failed = [['fail', 'server', 409, 'the basket is full'], ['always']];
  assert.deepEqual(await read('/pages/done'), [...packets, ['done', undefined], ['always']]);
  assert.deepEqual(await read('/pages/late'), [...packets, ...failed]);
  assert.deepEqual(await read('/pages/early'), failed);
});

test('without an end event, htmx 2 runs a failed action again', async t => {
  const page = await show(t, READERS['htmx 2'], READERS['htmx 2'].element('merged?end=early'));
  await until(async () => {
    await page.clock.fastForward('02:00');
    return (await runs(page)) >= 3;
  });
});

/** A page with this element, under a clock that can be put forward: readers wait before they ask again. */
async function show(t, { scripts }, element) {
  const server = await start('fixture');
  t.after(() => server.kill());
  const page = await open(t, browser, server.url, { outflow: false });
  await page.clock.install();
  for (const script of scripts) {
    await page.addScriptTag(script.includes('datastar') ? await bundle(script) : { path: installed(script) });
  }
  await page.evaluate(element => {
    globalThis.problems = [];
    const told = json => json && globalThis.problems.push(JSON.parse(json).status);
    const over = () => (globalThis.isOver = true);
    document.body.innerHTML = element;
    // htmx 4
    document.addEventListener('htmx:sse:close', over);
    document.body.firstChild.addEventListener('error', ({ detail }) => told(detail?.data));
    // htmx 2
    document.addEventListener('htmx:sseClose', over);
    document.addEventListener('htmx:sseError', ({ detail }) => told(detail.error.data));
    // Datastar
    document.addEventListener('datastar-sse', ({ detail: { type, argsRaw } }) => {
      if (type === 'error') globalThis.problems.push(Number(argsRaw.status));
      if (type === 'finished') over();
    });
    globalThis.htmx?.process(document.body);
  }, element);
  return page;
}

/** A script with all that it imports: the package of Datastar has modules only. */
async function bundle(script) {
  const { outputFiles } = await build({ entryPoints: [installed(script)], bundle: true, write: false });
  return { content: outputFiles[0].text };
}

const runs = page => page.evaluate(() => fetch('/pages/runs').then(response => response.json()));
