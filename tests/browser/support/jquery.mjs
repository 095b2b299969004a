// Pages with a copy of jQuery.

import { open } from './browser.mjs';

/** The supported versions. */
export const SUPPORTED = ['3', '4'];

/**
 * Opens a page with this jQuery, and defines `jqCalls` there: all calls of a jqXHR's handlers, in order.
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
        jqXHR.always(() => setTimeout(() => resolve(list), 20)); // an extra call would come soon
      });
  });
  return page;
}
