// Firefox as one of the engines, driven over WebDriver BiDi, which is built into the browser.

import puppeteer from 'puppeteer-core';

/** No traffic but that of the tests. */
const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

export async function launch() {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
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
