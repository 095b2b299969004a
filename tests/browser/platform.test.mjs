// Limits of browsers: policies, other origins, connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { DONE, SSE, event, serve } from '../../runtime/client/test/support/server.mjs';
import { launch, open } from './support/browser.mjs';
import { servePage } from './support/raw.mjs';

const browser = await launch();

test('the client works under a strict Content-Security-Policy and Trusted Types', async t => {
  const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'";
  const url = await servePage(t, connection => connection.sse().chunk(event(1), DONE).end(), [
    `content-security-policy: ${policy}`,
  ]);
  const page = await open(t, browser, `${url}with-script`, { outflow: false });
  const list = await page.evaluate(async () => {
    const broken = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => broken.push(violatedDirective));
    const options = { method: 'POST', body: 'x', onUploadProgress() {} };
    return [await calls(outflow.stream('/stream')), await calls(outflow.stream('/stream', options)), broken];
  });
  const whole = [['progress', 1], ['done', undefined], ['always']];
  assert.deepEqual(list, [whole, whole, []]);
});

test('a stream from another origin needs no preflight, and no exposed headers', async t => {
  const methods = [];
  const other = await serve(t, connection => {
    methods.push(connection.request.method);
    connection.head('200 OK', SSE, 'access-control-allow-origin: *').chunk(event(1), DONE).end();
  });
  const page = await open(t, browser, await servePage(t, () => {}));
  const list = await page.evaluate(url => calls(outflow.stream(url)), other);
  assert.deepEqual(list.slice(0, 2), [
    ['progress', 1],
    ['done', undefined],
  ]);
  assert.deepEqual(methods, ['GET']);
});

test('a relative URL is refused at the call in a worker that has no address', async t => {
  const url = await servePage(t, () => {});
  const page = await open(t, browser, url, { outflow: false });
  const found = await page.evaluate(async () => {
    const code = `
      importScripts('${location.origin}/outflow.js');
      try {
        outflow.stream('/x', { reconnect: true });
      } catch (error) {
        postMessage([error.name, error.message]);
      }
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    return new Promise(resolve => (worker.onmessage = ({ data }) => resolve(data)));
  });
  assert.equal(found[0], 'TypeError');
  assert.match(found[1], /\/x/);
});

test('another origin without CORS headers is a network failure', async t => {
  const other = await serve(t, connection => connection.sse().chunk(event(1), DONE).end());
  const page = await open(t, browser, await servePage(t, () => {}));
  const list = await page.evaluate(url => calls(outflow.stream(url)), other);
  assert.deepEqual(list[0].slice(0, 2), ['fail', 'network']);
});

test('the fourth stream over HTTP/1.1 logs one warning', async t => {
  const url = await servePage(t, connection => connection.sse().chunk(event(1)));
  const other = await serve(t, connection =>
    connection.head('200 OK', SSE, 'access-control-allow-origin: *').chunk(event(1)),
  );
  const page = await open(t, browser, url);
  const warnings = [];
  page.on('console', message => warnings.push([message.type(), message.text()]));
  const begin = url =>
    page.evaluate(
      // They end with the server, which is not part of this test.
      url =>
        new Promise(resolve =>
          outflow
            .stream(url)
            .progress(resolve)
            .fail(() => {}),
        ),
      url,
    );
  for (const path of ['/1', '/2', '/3', `${other}4`]) await begin(path);
  // If there is a check, it is over after the next task.
  await page.evaluate(() => import('/outflow/warning.mjs').then(() => new Promise(resolve => setTimeout(resolve))));
  assert.deepEqual(warnings, [], 'three to one origin, and one to another');
  await begin('/5');
  await until(() => warnings.length);
  await begin('/6');
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 50)));
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0][0], 'warning');
  assert.match(warnings[0][1], new RegExp(`4 streams from ${new URL(url).origin} .*HTTP/1.1.*HTTP/2`));
});

test('a `srcdoc` frame can stream, and logs the warning too', async t => {
  const url = await servePage(t, connection => connection.sse().chunk(event(1)));
  const page = await open(t, browser, url, { outflow: false });
  const warnings = [];
  page.on('console', message => message.text().startsWith('outflow:') && warnings.push(message.text()));
  const rejections = await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.srcdoc = '<!doctype html><script src="/outflow.js"></' + 'script>';
    const loaded = new Promise(resolve => (frame.onload = resolve));
    document.body.append(frame);
    await loaded;
    const { outflow } = frame.contentWindow;
    const rejections = [];
    frame.contentWindow.onunhandledrejection = ({ reason }) => rejections.push(`${reason}`);
    const streams = ['/1', '/2', '/3', '/4'].map(path => outflow.stream(path).fail(() => {}));
    await until(() => streams.every(({ stats }) => stats.packets === 1));
    await new Promise(resolve => setTimeout(resolve, 100)); // time to load the check, and for a rejection to show
    for (const stream of streams) stream.abort();
    return rejections;
  });
  assert.deepEqual(rejections, []);
  assert.deepEqual(
    warnings.map(text => text.includes(`4 streams from ${new URL(url).origin}`)),
    [true],
  );
});

test('six streams over HTTP/1.1 block the seventh, until one of them ends', async t => {
  const asked = [];
  const url = await servePage(t, connection => {
    asked.push(connection.request.path);
    connection.sse().chunk(event(1));
  });
  const page = await open(t, browser, url);
  await page.evaluate(() => {
    globalThis.streams = Array.from({ length: 6 }, (_, i) => outflow.stream(`/${i}`).progress(() => {}));
    return until(() => streams.every(({ stats }) => stats.packets === 1));
  });
  await page.evaluate(() => {
    globalThis.seventh = outflow.stream('/seventh').progress(() => {});
    return fetch('/outflow.js', { signal: AbortSignal.timeout(200) }).catch(() => {}); // no connection is left for it
  });
  assert.equal(asked.includes('/seventh'), false);
  await page.evaluate(() => {
    streams[0].fail(() => {}).abort();
    return until(() => seventh.stats.packets === 1).then(() => {
      for (const stream of [...streams, seventh]) stream.abort();
    });
  });
  assert.equal(asked.length, 7);
});
