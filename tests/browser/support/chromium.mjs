// Chromium as one of the engines.

import { chromium } from 'playwright-core';

import { FLAGS, chromiumPath } from './browser.mjs';

export async function launch() {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: FLAGS });
  return {
    async open(url) {
      const page = await browser.newPage();
      await page.goto(url);
      return {
        evaluate: (inPage, argument) => page.evaluate(inPage, argument),
        script: src => page.addScriptTag({ url: src }),
      };
    },
    close: () => browser.close(),
  };
}
