// Pages whose policy names the hashes of their scripts. What a script loads is forbidden there.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { DONE, event } from '../../runtime/client/test/support/server.mjs';
import { launch, open } from './support/browser.mjs';
import { clientFile, servePage } from './support/raw.mjs';

const browser = await launch();

/** A page with one script, which the policy allows by its hash. Other responses are lines of JSON. */
async function openStrict(t, script) {
  const integrity = `sha256-${createHash('sha256')
    .update(await clientFile(script))
    .digest('base64')}`;
  const url = await servePage(t, async connection => {
    const { path } = connection.request;
    if (path === '/lines') return connection.head('200 OK', 'content-type: application/x-ndjson').chunk('1\n').end();
    if (path === '/failed') {
      return connection.head('409 Conflict', 'content-type: application/json').chunk('{"detail":"sold out"}').end();
    }
    if (path !== '/strict') return connection.sse().chunk(event(1), DONE).end();
    const policy = `content-security-policy: script-src '${integrity}'`;
    const page = `<!doctype html><script src="${script}" integrity="${integrity}"></script>`;
    connection.head('200 OK', 'content-type: text/html', policy).chunk(page).end();
  });
  const page = await open(t, browser, `${url}strict`, { outflow: false });
  const run = (path, options) =>
    page.evaluate(([path, options]) => calls(outflow.stream(path, options)), [path, options]);
  return { page, run };
}

test('the script with all modules does everything', async t => {
  const { run } = await openStrict(t, '/outflow.full.js');
  const whole = [['progress', 1], ['done', undefined], ['always']];
  assert.deepEqual(await run('/events', { reconnect: true, idleTimeout: 60_000 }), whole);
  assert.deepEqual(await run('/lines', {}), whole);
  assert.deepEqual(await run('/lines', { format: 'ndjson' }), whole);
  assert.deepEqual(await run('/failed', {}), [['fail', 'http', 409, 'sold out'], ['always']]);
});

test('the script that loads modules says what to allow, or to use', async t => {
  const { page, run } = await openStrict(t, '/outflow.js');
  assert.deepEqual(await run('/events', {}), [['progress', 1], ['done', undefined], ['always']], 'it needs none');
  for (const [path, options, code, status] of [
    ['/events', { idleTimeout: 1000 }, 'load', undefined],
    ['/lines', {}, 'load', undefined],
    ['/failed', {}, 'http', 409],
  ]) {
    assert.deepEqual((await run(path, options))[0].slice(0, 3), ['fail', code, status]);
  }
  const message = await page.evaluate(() =>
    outflow.stream('/events', { idleTimeout: 1000 }).result.catch(error => error.message),
  );
  assert.match(message, /`session` .*CSP.*`outflow\.full\.js`/);
});
