// `$.stream` under the versions of jQuery that are supported, and a glance at those that are tolerated.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { installed, launch, open } from './support/browser.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

/** A page with this jQuery and, in it, `jqCalls`: everything that a jqXHR calls, in order. */
async function pageWith(t, jQuery, options) {
  const page = await open(t, browser, server.url, { jQuery, ...options });
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

for (const version of ['3', '4']) {
  const run = async (t, inPage) => (await pageWith(t, `jquery-${version}/dist/jquery.js`)).evaluate(inPage);
  const it = (name, body) => test(`jQuery ${version}: ${name}`, body);

  it('packets and a result', async t => {
    assert.deepEqual(await run(t, () => jqCalls($.stream('/demo/quick'))), [
      ['progress', { n: 1 }],
      ['progress', { n: 2 }],
      ['progress', { n: 3 }],
      ['done', { total: 3 }, 'success', true],
    ]);
  });

  it('no result is undefined', async t => {
    const [args, type] = await run(t, () =>
      $.stream({
        url: '/',
        fetch: async () => new Response('event: done\ndata:\n\n', { headers: { 'content-type': 'text/event-stream' } }),
      }).then((...args) => [args.slice(0, 2), typeof args[0]]),
    );
    assert.deepEqual([args[1], type], ['success', 'undefined']);
  });

  it('several handlers, the context, and no repetition for a late one', async t => {
    const found = await run(t, async () => {
      const list = [];
      const context = { name: 'mine' };
      const jqXHR = $.stream('/demo/quick', { context, progress: packet => list.push(['setting', packet.n]) });
      jqXHR.progress(function (packet, info) {
        list.push([this.name, info.index]);
      });
      await jqXHR;
      jqXHR.progress(packet => list.push(['late', packet]));
      await new Promise(resolve => setTimeout(resolve, 20));
      return list;
    });
    assert.deepEqual(found, [['setting', 1], ['mine', 0], ['setting', 2], ['mine', 1], ['setting', 3], ['mine', 2]]);
  });

  it('a failure before the first packet', async t => {
    const found = await run(t, async () => {
      const jqXHR = $.stream('/demo/early');
      const list = await jqCalls(jqXHR);
      const { responseJSON, responseText, streamError } = jqXHR;
      return { list, detail: responseJSON.detail, text: JSON.parse(responseText).detail, code: streamError.code };
    });
    assert.deepEqual(found.list, [['fail', true, 'error', 'no such fruit', 422]]);
    assert.deepEqual([found.detail, found.text, found.code], ['no such fruit', 'no such fruit', 'http']);
  });

  it('a failure after packets', async t => {
    const found = await run(t, async () => {
      const byStatus = [];
      const jqXHR = $.stream('/demo/late', { statusCode: { 409: () => byStatus.push(409) } });
      const list = await jqCalls(jqXHR);
      const { streamError, responseJSON } = jqXHR;
      return { list, byStatus, error: [streamError.code, streamError.status, streamError.detail], responseJSON };
    });
    const failed = ['fail', true, 'error', 'the basket is full', 409];
    assert.deepEqual(found.list, [['progress', 'one'], ['progress', 'two'], failed]);
    assert.deepEqual(found.byStatus, [409]);
    assert.deepEqual(found.error, ['server', 409, 'the basket is full']);
    assert.equal(found.responseJSON.detail, 'the basket is full');
  });

  it('a panic', async t => {
    const list = await run(t, () => jqCalls($.stream('/demo/panic')));
    assert.deepEqual(list, [['progress', 'one'], ['fail', true, 'error', 'Internal Server Error', 500]]);
  });

  it('a connection that is cut is never done', async t => {
    const found = await run(t, async () => {
      const jqXHR = $.stream('/demo/cut');
      return [await jqCalls(jqXHR), jqXHR.streamError.code];
    });
    const failed = ['fail', true, 'error', 'The connection broke.', 0];
    assert.deepEqual(found, [[['progress', 'one'], ['progress', 'two'], failed], 'network']);
  });

  it('a page in place of a stream, and a packet that is no JSON', async t => {
    const found = await run(t, async () => {
      const page = $.stream('/');
      const [failed] = await jqCalls(page);
      const answer = () => new Response('data: oops\n\n', { headers: { 'content-type': 'text/event-stream' } });
      const broken = $.stream('/', { fetch: async () => answer() });
      return [failed, page.streamError.code, await jqCalls(broken), broken.streamError.code];
    });
    assert.deepEqual([found[0][2], found[0][4], found[1]], ['error', 0, 'protocol']);
    assert.deepEqual(found.slice(2), [[['fail', true, 'parsererror', 'parsererror', 0]], 'parse']);
  });

  it('error is fail', async t => {
    const args = await run(t, () => new Promise(resolve => {
      $.stream('/demo/early').error((jqXHR, textStatus) => resolve([jqXHR.status, textStatus]));
    }));
    assert.deepEqual(args, [422, 'error']);
  });

  it('success, error and complete of the settings', async t => {
    const found = await run(t, () => new Promise(resolve => {
      const list = [];
      const settings = {
        success: result => list.push(['success', result]),
        error: (jqXHR, textStatus) => list.push(['error', textStatus]),
        complete: (jqXHR, textStatus) => {
          list.push(['complete', textStatus]);
          if (list.length === 4) resolve(list);
        },
      };
      $.stream('/demo/quick', settings).always(() => $.stream({ url: '/demo/late', ...settings }));
    }));
    assert.deepEqual(found, [['success', { total: 3 }], ['complete', 'success'], ['error', 'error'], ['complete', 'error']]);
  });

  it('abort', async t => {
    const found = await run(t, async () => {
      const jqXHR = $.stream('/demo/endless');
      const list = jqCalls(jqXHR);
      await new Promise(resolve => jqXHR.progress(resolve));
      jqXHR.abort();
      const ms = await until(async () => (await live()) === 0);
      return { last: (await list).at(-1), ms, streamError: jqXHR.streamError };
    });
    assert.deepEqual(found.last, ['fail', true, 'abort', 'abort', 0]);
    assert.equal(found.streamError, undefined);
    t.diagnostic(`the action was gone after ${found.ms.toFixed(1)} ms`);
    assert.ok(found.ms < 2000);
  });

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

  it('a signal, and the time limits of both sides', async t => {
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

  it('settings for all, prefilters and global events hold', async t => {
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
    const page = await pageWith(t, `jquery-${version}/dist/jquery.js`, { errors: true });
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

  it('what would be ignored is refused', async t => {
    const thrown = await run(t, () =>
      ['json', 'body', 'query', 'reconnect', 'resumable', 'onUploadProgress'].map(name => {
        try {
          $.stream('/demo/quick', { [name]: true });
        } catch (error) {
          return [error.name, error.message.includes(name)];
        }
      }),
    );
    assert.deepEqual(thrown, Array(6).fill(['TypeError', true]));
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
  const page = await pageWith(t, 'jquery-3/dist/jquery.js');
  await page.evaluate(() => (globalThis.first = jQuery.noConflict(true)));
  await page.addScriptTag({ path: installed('jquery-4/dist/jquery.js') });
  const found = await page.evaluate(async () => {
    outflow.install(jQuery);
    outflow.install(jQuery); // twice is no harm
    const versions = [first.fn.jquery, jQuery.fn.jquery];
    return [versions, ...(await Promise.all([jqCalls(first.stream('/demo/quick')), jqCalls(jQuery.stream('/demo/quick'))]))];
  });
  assert.deepEqual(found[0], ['3.7.1', '4.0.0']);
  for (const list of found.slice(1)) assert.equal(list.length, 4, 'three packets, one end');
});

for (const version of ['1', '2']) {
  test(`jQuery ${version} is tolerated`, async t => {
    const page = await pageWith(t, `jquery-${version}/dist/jquery.js`);
    const found = await page.evaluate(async () => [
      await jqCalls($.stream('/demo/quick')),
      await jqCalls($.stream('/demo/late')),
    ]);
    assert.deepEqual(found[0].at(-1), ['done', { total: 3 }, 'success', true]);
    assert.deepEqual(found[1].at(-1), ['fail', true, 'error', 'the basket is full', 409]);
  });
}
