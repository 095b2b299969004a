// Uploads that report their progress, with responses that are still streams.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { launch, open } from './support/browser.mjs';
import { event } from '../../runtime/client/test/support/server.mjs';
import { servePage } from './support/raw.mjs';
import { start } from './support/servers.mjs';

const browser = await launch();
const server = await start('fixture');
after(() => server.kill());

/** Runs in the page: the bodies to send, by name. */
const bodies = `({
  blob: () => new Blob(['x'.repeat(5e6)]),
  string: () => 'ž'.repeat(1e6),
  form: () => {
    const form = new FormData();
    form.set('file', new Blob(['x'.repeat(5e6)]), 'rows.csv');
    return form;
  },
})`;

for (const name of ['blob', 'string', 'form']) {
  test(`progress of an upload: ${name}`, async t => {
    const page = await open(t, browser, server.url);
    const body = await page.evaluateHandle(`${bodies}.${name}()`);
    const { events, list } = await page.evaluate(async body => {
      const events = [];
      const list = await calls(outflow.stream('/demo/upload', { body, onUploadProgress: event => events.push(event) }));
      return { events, list };
    }, body);
    t.diagnostic(`${events.length} events`);
    const { loaded, total } = events.at(-1);
    assert.ok(total >= 2e6 && loaded === total, `${loaded} of ${total}`);
    assert.deepEqual(
      events.map(event => event.loaded),
      events.map(event => event.loaded).sort((a, b) => a - b),
    );
    assert.deepEqual(list, [['progress', 'one'], ['done', total], ['always']]);
  });
}

test('the response to an upload is read packet by packet, with any characters', async t => {
  const text = 'žluťoučký 🐎\u2028';
  let connection;
  const url = await servePage(t, asked => {
    connection = asked.sse();
    for (const byte of Buffer.from(event(text))) connection.chunk(Buffer.of(byte));
  });
  const page = await open(t, browser, url);
  const packets = await page.evaluateHandle(() => {
    globalThis.running = outflow.stream('/echo', { body: 'x', onUploadProgress() {} });
    return running[Symbol.asyncIterator]();
  });
  const next = () => page.evaluate(packets => packets.next(), packets);
  assert.equal((await next()).value, text);
  connection.chunk(event('later'), event('bye', 'done')).end();
  assert.deepEqual([(await next()).value, (await next()).value], ['later', 'bye']);
  const head = await page.evaluate(async () => {
    const { status, url, headers } = await running.response;
    return [status, url, headers.get('content-type')];
  });
  assert.deepEqual(head, [200, `${url}echo`, 'text/event-stream']);
});

test('failures of an upload are like those of any stream', async t => {
  const page = await open(t, browser, server.url);
  const mortal = await start('fixture');
  await mortal.kill();
  const found = await page.evaluate(async gone => {
    const options = { method: 'POST', body: 'x', onUploadProgress() {} };
    const without = { method: 'GET', onUploadProgress() {} };
    return [
      await calls(outflow.stream('/nowhere', options)),
      await calls(outflow.stream('/demo/late', without)),
      await calls(outflow.stream('/demo/cut', without)),
      await calls(outflow.stream(gone, options)),
    ];
  }, mortal.url);
  const [none, late, cut, gone] = found;
  assert.deepEqual(none[0].slice(0, 3), ['fail', 'http', 404]);
  assert.deepEqual(late.at(-2), ['fail', 'server', 409, 'the basket is full']);
  assert.deepEqual([cut.length, cut.at(-2)[1]], [4, 'network']);
  assert.deepEqual(gone[0].slice(0, 2), ['fail', 'network']);
});

test('aborting an upload', async t => {
  const page = await open(t, browser, server.url);
  const found = await page.evaluate(async () => {
    const events = [];
    const running = outflow.stream('/demo/upload', {
      body: new Blob(Array(60).fill(new Blob(['x'.repeat(5e6)]))), // more than any buffer holds
      onUploadProgress(event) {
        events.push(event);
        running.abort();
      },
    });
    return { list: await calls(running), events };
  });
  assert.deepEqual(found.list, [['fail', DOMException.ABORT_ERR, undefined, undefined], ['always']]);
  assert.equal(found.events.length, 1);
  assert.ok(found.events[0].loaded < found.events[0].total);
});

test('unsupported combinations are refused at once', async t => {
  const page = await open(t, browser, server.url);
  const messages = await page.evaluate(() => {
    const onUploadProgress = () => {};
    const refused = [{ body: new Blob(['x']).stream() }, { body: 'x', fetch }, { body: 'x', credentials: 'omit' }];
    return refused.map(options => {
      try {
        outflow.stream('/demo/upload', { ...options, onUploadProgress });
      } catch (error) {
        return error.message;
      }
    });
  });
  assert.equal(messages.length, 3);
  for (const message of messages) assert.match(message, /XMLHttpRequest.*`fetch` or its options/);
});
