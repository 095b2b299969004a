// `$.stream` for its callers: packets, endings, handlers.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { launch } from './support/browser.mjs';
import { SUPPORTED, openWith } from './support/jquery.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

for (const version of SUPPORTED) {
  const run = async (t, inPage) => (await openWith(t, browser, server.url, version)).evaluate(inPage);
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

  it('several handlers, their context, and no repeated packet for a late one', async t => {
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
    assert.deepEqual(found, [
      ['setting', 1],
      ['mine', 0],
      ['setting', 2],
      ['mine', 1],
      ['setting', 3],
      ['mine', 2],
    ]);
  });

  it('packets that were missed', async t => {
    const found = await run(t, async () => {
      const body = 'data: 1\n\nevent: gap\nid: e-3\ndata: {"missed":2,"first":4}\n\ndata: 4\n\nevent: done\ndata:\n\n';
      const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
      const list = [];
      const context = { name: 'mine' };
      await $.stream({
        url: '/',
        fetch,
        context,
        progress: packet => list.push(packet),
        gap: gap => list.push(gap),
      }).gap(function ({ first }) {
        list.push(this.name, first);
      });
      return list;
    });
    assert.deepEqual(found, [1, { missed: 2, first: 4 }, 'mine', 4, 4]);
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
    assert.deepEqual(list, [
      ['progress', 'one'],
      ['fail', true, 'error', 'Internal Server Error', 500],
    ]);
  });

  it('a connection that is cut never ends in `done`', async t => {
    const found = await run(t, async () => {
      const jqXHR = $.stream('/demo/cut');
      return [await jqCalls(jqXHR), jqXHR.streamError.code];
    });
    const failed = ['fail', true, 'error', 'The connection broke.', 0];
    assert.deepEqual(found, [[['progress', 'one'], ['progress', 'two'], failed], 'network']);
  });

  it('an HTML page instead of a stream, and a packet that is not JSON', async t => {
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

  it('`error` is an alias of `fail`', async t => {
    const args = await run(
      t,
      () =>
        new Promise(resolve => {
          $.stream('/demo/early').error((jqXHR, textStatus) => resolve([jqXHR.status, textStatus]));
        }),
    );
    assert.deepEqual(args, [422, 'error']);
  });

  it('success, error and complete of the settings', async t => {
    const found = await run(
      t,
      () =>
        new Promise(resolve => {
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
        }),
    );
    assert.deepEqual(found, [
      ['success', { total: 3 }],
      ['complete', 'success'],
      ['error', 'error'],
      ['complete', 'error'],
    ]);
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
}
