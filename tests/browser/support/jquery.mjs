// Pages with a copy of jQuery.

import { open } from './browser.mjs';

/** The versions that are supported. */
export const SUPPORTED = ['3', '4'];

/**
 * A page with this jQuery and, in it, `jqCalls`: everything that a jqXHR calls, in order.
 *
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} version
 * @param {object} [options] As for `open`.
 */
export async function openWith(t, browser, url, version, options) {
  const page = await open(t, browser, url, { jQuery: `jquery-${version}/dist/jquery.js`, ...options });
  await page.evaluate(() => {
    globalThis.jqCalls = jqXHR =>
      new Promise(resolve => {
        const list = [];
        jqXHR.progress(packet => list.push(['progress', packet]));
        jqXHR.done((result, textStatus, same) => list.push(['done', result, textStatus, same === jqXHR]));
        jqXHR.fail((same, textStatus, thrown) => list.push(['fail', same === jqXHR, textStatus, thrown, jqXHR.status]));
        jqXHR.always(() => setTimeout(() => resolve(list), 20)); // a call too many comes soon
      });
  });
  return page;
}
