// One of three browsers, by the variable BROWSER: `chromium`, `firefox` or `webkit`. Playwright drives Chromium,
// WebDriver BiDi drives Firefox, and the WebDriver of its GTK port drives WebKit. Their common interface opens a page,
// runs a function in it, and returns what its promise resolves with.

import { helpers } from './browser.mjs';

/**
 * A page with the client in it.
 *
 * @typedef {{ evaluate(inPage: (argument: any) => any, argument?: unknown): Promise<any>, script(url: string): Promise<void> }}
 *   Page
 * @typedef {{ open(url: string): Promise<Page>, close(): Promise<void> }} Engine
 */

/** @type {Record<string, () => Promise<{ launch(): Promise<Engine> }>>} */
const ENGINES = {
  chromium: () => import('./chromium.mjs'),
  firefox: () => import('./firefox.mjs'),
  webkit: () => import('./webkit.mjs'),
};

export const name = process.env.BROWSER ?? 'chromium';
if (!ENGINES[name]) throw new Error(`BROWSER is \`${name}\`; it can be ${Object.keys(ENGINES).join(', ')}`);

/** Starts the browser. */
export async function launchEngine() {
  const { launch } = await ENGINES[name]();
  const engine = await launch();
  return {
    close: engine.close,
    /** Opens a page with the client and the helpers of `browser.mjs` in it. */
    async open(url, { jQuery = '' } = {}) {
      const page = await engine.open(url);
      await page.evaluate(new Function(`(${helpers})()`));
      if (jQuery) await page.script(jQuery);
      await page.script(new URL('/outflow.js', url).href);
      return page;
    },
  };
}
