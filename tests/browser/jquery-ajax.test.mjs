// `$.stream` as a part of jQuery: settings, events, other builds and versions.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { installed, launch, open } from './support/browser.mjs';
import { SUPPORTED, openWith } from './support/jquery.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

for (const version of SUPPORTED) {
  const run = async (t, inPage) => (await openWith(t, browser, server.url, version)).evaluate(inPage);
  const it = (name, body) => test(`jQuery ${version}: ${name}`, body);

  it('abort before the request, and from beforeSend', async t => {
    const found = await run(t, async () => {
      let requests = 0;
      const fetch = async () => {
        requests += 1;
        throw new Error('there was a request');
      };
      const jqXHR = $.stream('/demo/quick', { fetch });
      const aborted = jqCalls(jqXHR);
      jqXHR.abort();
      const refused = jqCalls($.stream('/demo/quick', { fetch, beforeSend: () => false }));
      return [await aborted, await refused, requests];
    });
    assert.deepEqual(found, [[['fail', true, 'abort', 'abort', 0]], [['fail', true, 'canceled', 'canceled', 0]], 0]);
  });

  it('a signal, and the timeouts of `$.ajax` and of the stream', async t => {
    const found = await run(t, async () => {
      const last = async settings => (await jqCalls($.stream('/demo/endless', settings))).at(-1);
      const never = { fetch: () => new Promise(() => {}) };
      return [
        await last({ signal: AbortSignal.timeout(100) }),
        await last({ timeout: 100 }),
        await last({ ...never, responseTimeout: 20 }),
        await until(async () => (await live()) === 0),
      ];
    });
    assert.deepEqual(found.slice(0, 3), [
      ['fail', true, 'abort', 'abort', 0],
      ['fail', true, 'timeout', 'timeout', 0],
      ['fail', true, 'timeout', 'timeout', 0],
    ]);
  });

  it('`ajaxSetup`, prefilters and global events work', async t => {
    const found = await run(t, async () => {
      const events = [];
      const names = 'ajaxStart ajaxSend ajaxSuccess ajaxError ajaxComplete ajaxStop';
      $(document).on(names, ({ type }) => events.push(type));
      $.ajaxSetup({ headers: { 'X-CSRF-Token': 'secret' } });
      let told;
      const fetch = async (url, init) => {
        told = { url, method: init.method, headers: Object.fromEntries(init.headers), body: init.body };
        return new Response('event: done\ndata: 1\n\n', { headers: { 'content-type': 'text/event-stream' } });
      };
      const settings = Object.freeze({ fetch, type: 'POST', data: { a: 1, b: 'x y' } });
      await $.stream('/demo/quick', settings);
      const posted = told;
      await $.stream('/demo/quick', { fetch, data: { a: 1 } });
      const got = told;
      await $.stream('/demo/quick', { fetch, headers: { Accept: 'application/json' }, crossDomain: true });
      return { events, posted, got, own: told };
    });
    assert.deepEqual(found.events.slice(0, 5), ['ajaxStart', 'ajaxSend', 'ajaxSuccess', 'ajaxComplete', 'ajaxStop']);
    assert.deepEqual(found.posted, {
      url: '/demo/quick',
      method: 'POST',
      body: 'a=1&b=x+y',
      headers: {
        accept: 'text/event-stream, application/x-ndjson;q=0.9, application/json;q=0.8',
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'x-csrf-token': 'secret',
        'x-requested-with': 'XMLHttpRequest',
      },
    });
    assert.deepEqual([found.got.url, found.got.method, found.got.body], ['/demo/quick?a=1', 'GET', undefined]);
    assert.equal(found.own.headers.accept, 'application/json');
    assert.equal('x-requested-with' in found.own.headers, false);
  });

  it('$.ajax knows the data type', async t => {
    const found = await run(t, () => jqCalls($.ajax({ url: '/demo/quick', dataType: 'stream' })));
    assert.deepEqual(found.at(-1), ['done', { total: 3 }, 'success', true]);
    assert.equal(found.length, 4);
  });

  it('an exception in a handler neither stops the stream nor leaves it pending', async t => {
    const page = await openWith(t, browser, server.url, version, { errors: true });
    const list = await page.evaluate(() => {
      const jqXHR = $.stream('/demo/quick').progress(() => {
        throw new Error('mine');
      });
      return jqCalls(jqXHR);
    });
    assert.deepEqual(list.at(-1), ['done', { total: 3 }, 'success', true]);
    assert.deepEqual(page.errors, ['mine', 'mine', 'mine']);
  });

  it('an exception in the transport reaches fail', async t => {
    const found = await run(t, () => jqCalls($.stream('/demo/quick', { end: 'never' })));
    assert.equal(found.length, 1);
    const [name, , textStatus, thrown, status] = found[0];
    assert.deepEqual([name, textStatus, status], ['fail', 'error', 0]);
    assert.ok(thrown);
  });

  it('options without effect are refused', async t => {
    const thrown = await run(t, () =>
      ['json', 'body', 'query', 'resumable', 'onUploadProgress'].map(name => {
        try {
          $.stream('/demo/quick', { [name]: true });
        } catch (error) {
          return [error.name, error.message.includes(name)];
        }
      }),
    );
    assert.deepEqual(thrown, Array(5).fill(['TypeError', true]));
  });

  it('a broken connection is made again', async t => {
    const found = await run(t, async () => {
      const type = { 'content-type': 'text/event-stream' };
      const answers = ['id: 1\ndata: "one"\n\n', 'event: done\ndata: 2\n\n'];
      const ids = [];
      const fetch = async (_, { headers }) => {
        ids.push(headers.get('last-event-id'));
        return new Response(answers.shift(), { headers: type });
      };
      return [await jqCalls($.stream('/', { fetch, reconnect: { delay: 1 } })), ids];
    });
    assert.deepEqual(found, [
      [
        ['progress', 'one'],
        ['done', 2, 'success', true],
      ],
      [null, '1'],
    ]);
  });

  it('upload progress, for handlers in the settings and in the chain', async t => {
    const found = await run(t, async () => {
      const events = [];
      const data = new FormData();
      data.set('file', new Blob(['x'.repeat(1e6)]));
      const settings = { type: 'POST', data, processData: false, contentType: false, context: { name: 'mine' } };
      const setting = ({ loaded }) => events.push(['setting', loaded]);
      const jqXHR = $.stream('/demo/upload', { ...settings, uploadProgress: setting });
      jqXHR.uploadProgress(function ({ loaded, total }) {
        events.push([this.name, loaded, total]);
      });
      const chained = [];
      const calls = await jqCalls(jqXHR);
      await $.stream('/demo/upload', settings).uploadProgress(({ loaded }) => chained.push(loaded));
      return { calls, last: events.slice(-2), chained: chained.at(-1) };
    });
    const [[, size]] = found.last;
    assert.deepEqual(found.calls, [
      ['progress', 'one'],
      ['done', size, 'success', true],
    ]);
    assert.ok(size > 1e6);
    assert.deepEqual(found.last, [
      ['setting', size],
      ['mine', size, size],
    ]);
    assert.equal(found.chained, size);
  });

  it('the slim build falls back to the core', async t => {
    const page = await open(t, browser, server.url, { jQuery: `jquery-${version}/dist/jquery.slim.js` });
    const [list, fromSettings] = await page.evaluate(async () => [
      await calls($.stream('/demo/late')),
      await $.stream({ url: '/demo/quick', idleTimeout: 5000 }).result,
    ]);
    const failed = ['fail', 'server', 409, 'the basket is full'];
    assert.deepEqual(list, [['progress', 'one'], ['progress', 'two'], failed, ['always']]);
    assert.deepEqual(fromSettings, { total: 3 });
  });
}
test('two copies of jQuery on a page', async t => {
  const page = await openWith(t, browser, server.url, '3');
  await page.evaluate(() => (globalThis.first = jQuery.noConflict(true)));
  await page.addScriptTag({ path: installed('jquery-4/dist/jquery.js') });
  const found = await page.evaluate(async () => {
    outflow.install(jQuery);
    outflow.install(jQuery); // installing twice does no harm
    const versions = [first.fn.jquery, jQuery.fn.jquery];
    return [
      versions,
      ...(await Promise.all([jqCalls(first.stream('/demo/quick')), jqCalls(jQuery.stream('/demo/quick'))])),
    ];
  });
  assert.deepEqual(found[0], ['3.7.1', '4.0.0']);
  for (const list of found.slice(1)) assert.equal(list.length, 4, 'three packets, one end');
});

for (const version of ['1', '2']) {
  test(`jQuery ${version} is tolerated`, async t => {
    const page = await openWith(t, browser, server.url, version);
    const found = await page.evaluate(async () => [
      await jqCalls($.stream('/demo/quick')),
      await jqCalls($.stream('/demo/late')),
    ]);
    assert.deepEqual(found[0].at(-1), ['done', { total: 3 }, 'success', true]);
    assert.deepEqual(found[1].at(-1), ['fail', true, 'error', 'the basket is full', 409]);
  });
}
