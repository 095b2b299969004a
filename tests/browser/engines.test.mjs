// Differences between browsers: when data arrives, how a cut looks, what leaving does, and what an upload reports.
// To run it in another browser: `BROWSER=firefox node --test engines.test.mjs`.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';

import { until } from '../../runtime/client/test/support/observe.mjs';
import { DONE, event, eventWithId } from '../../runtime/client/test/support/server.mjs';
import { installed } from './support/browser.mjs';
import { launchEngine, name } from './support/engines.mjs';
import { servePage, serveSlowPage } from './support/raw.mjs';
import { start } from './support/servers.mjs';

const engine = await launchEngine();
after(() => engine.close());
const server = await start('fixture');
after(() => server.kill());

const it = (title, body) => test(`${name}: ${title}`, body);

/** All calls of a stream from a server that answers like this. */
async function callsOf(t, answer, options = {}) {
  const page = await engine.open(await servePage(t, answer));
  return page.evaluate(options => calls(outflow.stream('/stream', options)), options);
}
const names = list => list.map(([kind, value]) => (kind === 'fail' || kind === 'progress' ? value : kind));

it('packets, result and failures of the real server', async () => {
  const page = await engine.open(server.url);
  const of = path => page.evaluate(path => calls(outflow.stream(path)), path);
  assert.deepEqual(await of('/demo/quick'), [
    ['progress', { n: 1 }],
    ['progress', { n: 2 }],
    ['progress', { n: 3 }],
    ['done', { total: 3 }],
    ['always'],
  ]);
  assert.deepEqual(names(await of('/demo/early')), ['http', 'always']);
  assert.deepEqual(names(await of('/demo/late')), ['one', 'two', 'server', 'always']);
  assert.deepEqual(names(await of('/demo/panic')), ['one', 'server', 'always']);
  assert.deepEqual(names(await of('/')), ['protocol', 'always']);
});

it('every format', async t => {
  const hazaar = 'content-type: application/octet-stream;charset=ISO-8859-1';
  const json = ['content-type: application/json', 'x-response-type: stream'];
  const answers = {
    sse: [['content-type: text/event-stream'], event('ž') + event(2) + event(3, 'done'), 3],
    // As from an application and a proxy.
    twice: [Array(2).fill('content-type: text/event-stream'), event('ž') + event(2) + event(3, 'done'), 3],
    ndjson: [['content-type: application/x-ndjson'], '"ž"\n\n2\n', undefined],
    envelope: [json, '{"items":["ž",2],"result":3}', 3],
    hazaar: [[hazaar], '8\0a"\\u017e"1\0a2\0a3', 3],
  };
  for (const [format, [head, body, result]] of Object.entries(answers)) {
    const list = await callsOf(t, connection => {
      connection.head('200 OK', ...head);
      for (const byte of Buffer.from(body)) connection.chunk(Buffer.of(byte));
      connection.end();
    });
    assert.deepEqual(
      list.slice(0, 2),
      [
        ['progress', 'ž'],
        ['progress', 2],
      ],
      format,
    );
    assert.deepEqual([list[2][0], list[2][1] ?? undefined], ['done', result], format);
  }
});

it('a packet arrives before the next one is sent', async t => {
  let connection;
  const page = await engine.open(await servePage(t, asked => (connection = asked).sse().chunk(event(0))));
  await page.evaluate(() => {
    globalThis.packets = outflow.stream('/stream')[Symbol.asyncIterator]();
  });
  for (let n = 0; n < 5; n++) {
    assert.deepEqual(await page.evaluate(() => packets.next()), { value: n, done: false });
    connection.chunk(n < 4 ? event(n + 1) : DONE);
  }
  assert.equal((await page.evaluate(() => packets.next())).done, true);
});

it('a cut is never taken for the end', async t => {
  const cuts = {
    'a clean end without the last record': ['truncated', connection => connection.end()],
    'in the middle of a packet': ['truncated', connection => connection.chunk('data: "tw').end()],
    'a reset': ['network', connection => connection.reset()],
    // WebKit takes this for a clean end, so only the missing end record shows the cut.
    'the last chunk is missing': [name === 'webkit' ? 'truncated' : 'network', connection => connection.close()],
  };
  for (const [cut, [code, how]] of Object.entries(cuts)) {
    let connection;
    const url = await servePage(t, asked => (connection = asked).sse().chunk(event('one')));
    const page = await engine.open(url);
    const first = await page.evaluate(() => {
      globalThis.running = outflow.stream('/stream');
      globalThis.outcome = calls(running);
      return new Promise(resolve => running.progress(resolve));
    });
    assert.equal(first, 'one');
    how(connection);
    assert.deepEqual(names(await page.evaluate(() => outcome)), ['one', code, 'always'], cut);
  }
});

it('abort, a signal and break close the connection', async t => {
  const ways = {
    abort: () => outflow.stream('/stream').progress((_, { index }) => index === 1 && globalThis.running.abort()),
    signal: () => {
      const controller = new AbortController();
      return outflow
        .stream('/stream', { signal: controller.signal })
        .progress((_, { index }) => index === 1 && controller.abort())
        .fail(() => {});
    },
    break: () => {
      const running = outflow.stream('/stream');
      void (async () => {
        for await (const packet of running) if (packet === 1) break;
      })();
      return running;
    },
  };
  for (const [way, begin] of Object.entries(ways)) {
    let connection;
    let gone;
    const url = await servePage(t, asked => {
      connection = asked.sse().chunk(event(0));
      gone = connection.closed.then(() => performance.now());
    });
    const page = await engine.open(url);
    await page.evaluate(new Function(`globalThis.running = (${begin})(); void running.response.catch(() => {});`));
    await page.evaluate(() => until(() => running.stats.packets === 1));
    const sent = performance.now();
    connection.chunk(event(1));
    const ms = (await gone) - sent;
    t.diagnostic(`${way}: the server saw it after ${ms.toFixed(1)} ms`);
    assert.ok(ms < 1000, `${way}: ${ms} ms`);
    assert.equal(await page.evaluate(() => running.state), 'aborted', way);
  }
});

it('a broken connection is made again, after the last id', async t => {
  const ids = [];
  const list = await callsOf(
    t,
    connection => {
      ids.push(connection.request.headers['last-event-id']);
      connection.sse().chunk(`id: ${ids.length} €\n${event(ids.length)}`);
      if (ids.length === 3) connection.chunk(DONE);
      connection.end(); // in the browser, a reset could overtake the packet
    },
    { reconnect: { delay: 1 } },
  );
  assert.deepEqual(names(list), [1, 2, 3, 'done', 'always']);
  // WebKitGTK takes every header for Latin-1 and sends that as UTF-8, so what is UTF-8 already is garbled.
  const sent = id => (name === 'webkit' ? Buffer.from(id).toString('latin1') : id);
  assert.deepEqual(ids, [undefined, sent('1 €'), sent('2 €')]);
});

for (const way of ['by a link', 'by a reload']) {
  it(`nothing is reported or retried when the page is left ${way}`, async t => {
    const { url, requests, ...next } = await serveSlowPage(t);
    const page = await engine.open(url);
    await page.evaluate(async isLink => {
      globalThis.log = text => (localStorage.log = `${localStorage.log ?? ''}${text} `);
      addEventListener('error', ({ message }) => log(`onerror: ${message}`));
      addEventListener('unhandledrejection', ({ reason }) => log(`unhandled: ${reason}`));
      const follow = (path, options) => outflow.stream(path, options).onState(({ state }) => log(`${path} ${state}`));
      globalThis.streams = [
        follow('/silent'),
        follow('/handled').fail(error => log(error.message)),
        follow('/again', { reconnect: { delay: 1 } }),
      ];
      await until(() => streams.every(({ stats }) => stats.packets === 1));
      log('LEFT');
      const link = Object.assign(document.createElement('a'), { href: '/next' });
      document.body.append(link);
      setTimeout(() => (isLink ? link.click() : location.reload())); // after the answer to the test
    }, way === 'by a link');
    await next.answered;
    /** What the next page finds. While there is none, the browser may refuse to run code. */
    const find = () => page.evaluate(() => (globalThis.streams ? null : localStorage.log)).catch(() => null);
    let log;
    await until(async () => (log = await find()));
    assert.equal(log.split('LEFT')[1].trim(), '');
    assert.deepEqual(requests.sort(), ['/again', '/handled', '/silent']);
  });
}

it('a stream as body is sent as it is, or refused at the call', async t => {
  const bodies = [];
  const page = await engine.open(
    await servePage(t, connection => {
      bodies.push(connection.request.body);
      connection.sse().chunk(DONE).end();
    }),
  );
  const found = await page.evaluate(async () => {
    const body = new Blob(['hello']).stream();
    try {
      return (await calls(outflow.stream('/echo', { body })))[0].slice(0, 2);
    } catch (error) {
      return [error.name, error.message];
    }
  });
  // Chromium sends streams, but not over HTTP/1.1.
  if (name === 'chromium') assert.deepEqual(found, ['fail', 'network']);
  else assert.equal(found[0], 'TypeError', found);
  assert.deepEqual(bodies, []);
});

it('an upload reports its progress, and its response is a stream', async () => {
  const page = await engine.open(server.url);
  const { events, list } = await page.evaluate(async () => {
    const body = new FormData();
    body.set('file', new Blob(['x'.repeat(3e6)]), 'rows.csv');
    const events = [];
    const list = await calls(outflow.stream('/demo/upload', { body, onUploadProgress: event => events.push(event) }));
    return { events, list };
  });
  const { loaded, total } = events.at(-1);
  assert.ok(loaded === total && total > 3e6, `${loaded} of ${total}`);
  assert.deepEqual(list.slice(0, 2), [
    ['progress', 'one'],
    ['done', total],
  ]);
});

it('a packet of 8 MB, and many small ones', async t => {
  const big = event('x'.repeat(8e6));
  const small = Array.from({ length: 20_000 }, (_, i) => event(i)).join('');
  const page = await engine.open(
    await servePage(t, connection => {
      const body = Buffer.from(connection.request.path === '/big' ? big : small);
      connection.sse();
      for (let at = 0; at < body.length; at += 4096) connection.chunk(body.subarray(at, at + 4096));
      connection.chunk(DONE).end();
    }),
  );
  const run = path =>
    page.evaluate(async path => {
      const start = performance.now();
      let packets = 0;
      await outflow.stream(path).progress(() => void (packets += 1)).result;
      return [packets, performance.now() - start];
    }, path);
  const [[one, bigMs], [many, smallMs]] = [await run('/big'), await run('/small')];
  assert.deepEqual([one, many], [1, 20_000]);
  t.diagnostic(`8 MB in one packet ${bigMs.toFixed(0)} ms, 20,000 packets ${smallMs.toFixed(0)} ms`);
  assert.ok(bigMs < 10_000 && smallMs < 10_000);
});

for (const version of ['3', '4']) {
  it(`$.stream of jQuery ${version}`, async t => {
    const script = await readFile(installed(`jquery-${version}/dist/jquery.js`));
    const url = await servePage(t, connection => {
      if (connection.request.path === '/jquery.js') {
        return connection.head('200 OK', 'content-type: text/javascript').chunk(script).end();
      }
      connection.sse().chunk(event('one'), event('bye', 'done')).end();
    });
    const page = await engine.open(url, { jQuery: `${url}jquery.js` });
    const list = await page.evaluate(
      () =>
        new Promise(resolve => {
          const list = [];
          $.stream('/stream')
            .progress(packet => list.push(packet))
            .done(result => list.push(result))
            .always(() => resolve(list));
        }),
    );
    assert.deepEqual(list, ['one', 'bye']);
  });
}

it('documents share a connection, and when the one that reads goes, another one goes on', async t => {
  const requests = [];
  const url = await servePage(t, connection => {
    requests.push(connection.request.headers['last-event-id']);
    connection.sse();
    if (requests.length === 1) connection.chunk(eventWithId('a'));
    else connection.chunk(eventWithId('b'), DONE).end();
  });
  const page = await engine.open(url);
  const found = await page.evaluate(async () => {
    const follow = async () => {
      const frame = document.createElement('iframe');
      frame.src = '/with-script';
      const loaded = new Promise(resolve => (frame.onload = resolve));
      document.body.append(frame);
      await loaded;
      const list = [];
      const running = frame.contentWindow.outflow.stream('/topic', { shared: true });
      running.progress(packet => list.push(packet)).done(() => list.push('done'));
      await until(() => running.state === 'open');
      return { frame, list, running };
    };
    const first = await follow();
    await until(() => first.list.length);
    const second = await follow();
    const attempts = second.running.stats.attempts;
    first.frame.remove();
    await second.running.result;
    return { attempts, list: second.list };
  });
  assert.deepEqual(found, { attempts: 0, list: ['b', 'done'] });
  assert.deepEqual(requests, [undefined, 'a']);
});
