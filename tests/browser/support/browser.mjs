// Chromium, and pages in it.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

/** No traffic but that of the tests. */
export const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of the browser. */
export const chromiumPath = () => process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Starts the browser, until the tests of the file have ended. */
export async function launch() {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
  after(() => browser.close());
  return browser;
}

/**
 * Opens a page with the given scripts. An error on the page fails the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {{ jQuery?: string, outflow?: boolean, errors?: boolean, anyCertificate?: boolean }} [options] `jQuery` is a file of a package, such as
 *   `jquery-3/dist/jquery.js`; with `errors`, the test checks `page.errors` itself; with `anyCertificate`, nobody has to
 *   vouch for the server's.
 */
export async function open(t, browser, url, { jQuery, outflow = true, errors = false, anyCertificate = false } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: anyCertificate });
  t.after(() => context.close());
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', error => page.errors.push(error.message));
  await page.addInitScript(helpers);
  await page.goto(url);
  if (jQuery) await page.addScriptTag({ path: installed(jQuery) });
  if (outflow) await page.addScriptTag({ url: '/outflow.js' });
  if (!errors) {
    t.after(() => {
      if (page.errors.length) throw new Error(`errors on the page: ${page.errors.join(', ')}`);
    });
  }
  return page;
}

/** The path of a file in a package, even if the package does not export it. */
export const installed = file => fileURLToPath(new URL(`../node_modules/${file}`, import.meta.url));

/** Fails with what axe finds on the page as it is now. */
export async function isAccessible(page) {
  await page.evaluate(await readFile(installed('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  assert.deepEqual(found, []);
}

/** Helpers for code in a page. */
export function helpers() {
  /** Waits for a condition, and returns for how long. It fails after half of the time that a file of tests has. */
  globalThis.until = async condition => {
    const start = performance.now();
    while (!(await condition())) {
      if (performance.now() - start > 60_000) throw new Error(`waited in vain: ${condition}`);
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    return performance.now() - start;
  };

  /** The number of endless actions that the server is running. */
  globalThis.live = () => fetch('/demo/live').then(response => response.json());

  /** All calls of a stream's handlers, in order. */
  globalThis.calls = stream =>
    new Promise(resolve => {
      const list = [];
      stream
        .progress(packet => list.push(['progress', packet]))
        .done(result => list.push(['done', result]))
        .fail(error => list.push(['fail', error.code ?? error.name, error.status, error.detail]))
        .always(() => {
          list.push(['always']);
          setTimeout(() => resolve(list), 20); // an extra call would come soon
        });
    });
}
