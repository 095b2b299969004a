// The project's first promise: the README's script, unchanged, gets ten packets a second apart, then the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const SCRIPT = `
  $.stream('/stream/test')
    .progress(packet => console.log('Received: ' + packet))
    .done(packet => console.log('And we are done!'));
`;
const PACKETS = ['Starting stream test', ...Array.from({ length: 10 }, (_, i) => `i=${i + 1}`)];

const browser = await launch();

/** Runs the script in a page, and returns what it logged, with times of the page's clock. */
async function run(page, script) {
  await page.evaluate(() => {
    globalThis.logged = [];
    console.log = text => logged.push({ text, at: performance.now() });
  });
  await page.addScriptTag({ content: script });
  await page.waitForFunction(() => logged.at(-1)?.text === 'And we are done!');
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 50))); // an extra call would come soon
  return page.evaluate(() => logged);
}

function check(t, logged) {
  assert.deepEqual(
    logged.map(({ text }) => text),
    [...PACKETS.map(packet => `Received: ${packet}`), 'And we are done!'],
  );
  // From `i=1` on, each line is followed by a second of sleep.
  const gaps = logged.slice(1).map(({ at }, i) => Math.round(at - logged[i].at));
  t.diagnostic(`milliseconds between the lines: ${gaps.join(' ')}`);
  assert.ok(gaps[0] < 500, 'the first two come together');
  for (const gap of gaps.slice(1)) assert.ok(gap > 500 && gap < 1500, `${gap} ms`);
}

const ways = {
  'jQuery 3.7.1': { jQuery: 'jquery-3/dist/jquery.js' },
  'jQuery 4.0.0': { jQuery: 'jquery-4/dist/jquery.js' },
  'no jQuery': {},
};

for (const name of ['fixture', 'counter']) {
  test(`the script against ${name}`, { concurrency: true }, async t => {
    const server = await start(name);
    t.after(() => server.kill());
    const runs = Object.entries(ways).map(([way, options]) =>
      t.test(way, async t => {
        const page = await open(t, browser, `${server.url}/outflow.mjs`, options); // a page without other scripts
        check(t, await run(page, options.jQuery ? SCRIPT : `const $ = outflow; ${SCRIPT}`));
      }),
    );
    await Promise.all(runs);
  });
}
