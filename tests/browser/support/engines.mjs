// One of three browsers, by the variable BROWSER: `chromium`, `firefox` or `webkit`. Each is driven as it can be: Chromium
// by Playwright, Firefox by WebDriver BiDi, WebKit by the WebDriver of its GTK port. What they have in common is little,
// and enough: open a page, run a function in it, get what its promise gives.

import { helpers } from './browser.mjs';

/**
 * A page, at a URL, with the client in it.
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
