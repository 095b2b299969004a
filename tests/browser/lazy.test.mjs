// The script for pages loads its lazy modules from beside itself, wherever that is, and only when it needs them.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { DONE, event, serve } from '../../runtime/client/test/support/server.mjs';
import { launch, open } from './support/browser.mjs';
import { clientFile, servePage } from './support/raw.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

const whole = [['progress', 1], ['done', undefined], ['always']];

test('a lazy module is loaded once, when the first stream needs it', async t => {
  const page = await open(t, browser, server.url);
  const loaded = [];
  page.on('request', request => loaded.push(new URL(request.url()).pathname));
  const run = options => page.evaluate(options => calls(outflow.stream('/demo/quick', options)), options);
  await run({});
  assert.deepEqual(loaded, ['/demo/quick']);
  await Promise.all([run({ reconnect: true }), run({ idleTimeout: 60_000 })]);
  assert.equal(loaded.filter(path => path === '/outflow/session.mjs').length, 1);
  assert.equal(loaded.includes('/outflow/upload.mjs'), false);
  assert.equal(loaded.includes('/outflow/error.mjs'), false, 'a lazy module loads no second client');
});

test('a script in a folder of another origin loads its lazy modules from there', async t => {
  const asked = [];
  const other = await serve(t, async connection => {
    const { path } = connection.request;
    asked.push(path);
    const code = await clientFile(path.replace('/cdn/outflow@0', ''));
    connection.head('200 OK', 'content-type: text/javascript', 'access-control-allow-origin: *').chunk(code).end();
  });
  const url = await servePage(t, connection => connection.sse().chunk(event(1), DONE).end());
  const page = await open(t, browser, url, { outflow: false });
  await page.addScriptTag({ url: `${other}cdn/outflow@0/outflow.js` });
  const list = await page.evaluate(() => calls(outflow.stream('/x', { body: 'x', onUploadProgress() {} })));
  assert.deepEqual(list, whole);
  assert.deepEqual(asked, ['/cdn/outflow@0/outflow.js', '/cdn/outflow@0/outflow/upload.mjs']);
});

test('a classic worker loads lazy modules too', async t => {
  const page = await open(t, browser, server.url, { outflow: false });
  const result = await page.evaluate(() => {
    const code = `
      importScripts('${location.origin}/outflow.js');
      outflow.stream('${location.origin}/demo/quick', { reconnect: true }).result.then(postMessage);
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    });
  });
  assert.deepEqual(result, { total: 3 });
});

test('a service worker uses the client with all lazy modules', async t => {
  const asked = [];
  const url = await servePage(t, connection => {
    const { path } = connection.request;
    asked.push(path);
    if (path === '/stream') return connection.sse().chunk(event(1), DONE).end();
    const code = `
      import { stream } from '/outflow/full.mjs';
      addEventListener('message', async ({ source }) => {
        let packets = 0;
        await stream('/stream', { reconnect: true }).progress(() => void (packets += 1)).result;
        source.postMessage(packets);
      });
    `;
    connection.head('200 OK', 'content-type: text/javascript').chunk(code).end();
  });
  const page = await open(t, browser, url, { outflow: false });
  const packets = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.register('/worker.js', { type: 'module' });
    await navigator.serviceWorker.ready;
    const answer = new Promise(resolve => (navigator.serviceWorker.onmessage = ({ data }) => resolve(data)));
    registration.active.postMessage('go');
    return answer;
  });
  assert.equal(packets, 1);
});

test('a stream with `reconnect` that starts offline connects when the network is back', async t => {
  const url = await servePage(t, connection => connection.sse().chunk(event(1), DONE).end());
  const page = await open(t, browser, url);
  await page.context().setOffline(true);
  await page.evaluate(() => {
    globalThis.running = outflow.stream('/x', { reconnect: { delay: 10 } });
    globalThis.list = calls(running);
    return until(() => running.state === 'reconnecting');
  });
  await page.context().setOffline(false);
  assert.deepEqual(await page.evaluate(() => list), whole);
});

test('a lazy module that cannot be loaded fails the stream, soon and by its name', async t => {
  const asked = [];
  const url = await serve(t, async connection => {
    const { path } = connection.request;
    if (path === '/') return connection.head('200 OK', 'content-type: text/html').chunk('<!doctype html>').end();
    if (path === '/outflow.js') {
      return connection
        .head('200 OK', 'content-type: text/javascript')
        .chunk(await clientFile(path))
        .end();
    }
    if (path.startsWith('/outflow/')) asked.push(path);
    connection.head('404 Not Found', 'content-length: 0');
  });
  const page = await open(t, browser, url);
  for (const [options, times] of [
    [{ idleTimeout: 1000 }, 1],
    [{ reconnect: { delay: 1 } }, 6],
    [{ resumable: true, reconnect: { delay: 1 } }, 6],
  ]) {
    asked.length = 0;
    const [code, message] = await page.evaluate(
      options => new Promise(resolve => outflow.stream('/x', options).fail(e => resolve([e.code, e.message]))),
      options,
    );
    assert.equal(code, 'load');
    assert.match(message, /outflow\/session\.mjs/);
    assert.equal(asked.length, times);
  }
});

for (const [script, expected] of [
  ['/outflow.js', ['load', /ServiceWorker.*`outflow\.full\.js`/]],
  ['/outflow.full.js', ['done', /^$/]],
]) {
  test(`a classic service worker with ${script}: ${expected[0]}`, async t => {
    const url = await servePage(t, connection => {
      if (connection.request.path === '/stream') return connection.sse().chunk(DONE).end();
      const code = `
        importScripts('${script}');
        addEventListener('message', ({ source }) => {
          outflow
            .stream('/stream', { reconnect: { delay: 1 } })
            .done(() => source.postMessage(['done', '']))
            .fail(({ code, message }) => source.postMessage([code, message]));
        });
      `;
      connection.head('200 OK', 'content-type: text/javascript').chunk(code).end();
    });
    const page = await open(t, browser, url, { outflow: false });
    const [code, message] = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.register('/worker.js');
      await navigator.serviceWorker.ready;
      const answer = new Promise(resolve => (navigator.serviceWorker.onmessage = ({ data }) => resolve(data)));
      registration.active.postMessage('go');
      return answer;
    });
    assert.equal(code, expected[0]);
    assert.match(message, expected[1]);
  });
}

for (const [how, load] of [
  ['`$.getScript`, which runs it as text', () => $.getScript('/outflow.js')],
  [
    'a file of several scripts in another folder',
    () =>
      new Promise(resolve => {
        const script = Object.assign(document.createElement('script'), { src: '/assets/all.js', onload: resolve });
        document.head.append(script);
      }),
  ],
]) {
  test(`with \`outflow.base\` a script that was loaded by ${how} finds its lazy modules`, async t => {
    const url = await servePage(t, async connection => {
      const { path } = connection.request;
      if (path === '/sub/page') {
        return connection.head('200 OK', 'content-type: text/html').chunk('<!doctype html>').end();
      }
      if (path === '/assets/all.js') {
        const code = `globalThis.before = 1;\n${await clientFile('/outflow.js')}\nglobalThis.after = 2;`;
        return connection.head('200 OK', 'content-type: text/javascript').chunk(code).end();
      }
      if (path !== '/stream') return connection.head('404 Not Found', 'content-length: 0');
      connection.sse().chunk(event(1), DONE).end();
    });
    const page = await open(t, browser, `${url}sub/page`, { jQuery: 'jquery-3/dist/jquery.js', outflow: false });
    await page.evaluate(load);
    const run = base =>
      page.evaluate(base => {
        outflow.base = base;
        return calls(outflow.stream('/stream', { reconnect: { delay: 1, retries: 0 } }));
      }, base);
    assert.deepEqual((await run(undefined))[0].slice(0, 2), ['fail', 'load'], 'there is nothing beside it');
    assert.deepEqual((await run('//'))[0].slice(0, 2), ['fail', 'load'], 'that is no address');
    for (const base of ['/', '../outflow.js', url]) assert.deepEqual(await run(base), whole, base);
  });
}
