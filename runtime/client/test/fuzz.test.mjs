// The same bytes, cut at random, for our decoders and for others. To repeat a failure, start with its seed:
// `FUZZ_FROM=<seed> npm test`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createParser } from 'eventsource-parser';
import { parse } from 'it-ndjson';

import { ndjson, sse } from '../outflow/decoders/index.mjs';
import { chance } from './support/random.mjs';

const FROM = Number(process.env.FUZZ_FROM ?? 1);
/** How many seeds run in this time depends on the machine; what each seed does, does not. */
const TIME_MS = 1500;
const AT_LEAST = 200;

/** Runs a check with one seed after another. */
async function fuzz(t, check) {
  const start = performance.now();
  let seed = FROM;
  for (; seed < FROM + AT_LEAST || performance.now() - start < TIME_MS; seed++) {
    await check(chance(seed), `seed ${seed}`);
  }
  t.diagnostic(`${seed - FROM} seeds`);
}

const WORDS = [
  'data',
  'data:',
  'data: ',
  'data:  ',
  'event: ',
  'event:',
  'id: ',
  'id',
  'retry: ',
  ':',
  ' ',
  'dat',
  'datax: ',
];
const TEXTS = ['', 'x', '1', 'x: y', 'ž', '🐎', 'a b ', '\u2028', '\0', '12x', 'lorem ipsum dolor sit amet'];
const ENDS = ['\n', '\n', '\n', '\n\n', '\n\n', '\r\n', '\r\n\r\n', '\r', '\r\r', '\r\n\n'];

function events({ below, pick }) {
  let text = '';
  for (let lines = below(40); lines > 0; lines--) text += pick(WORDS) + pick(TEXTS) + pick(ENDS);
  return `${text}data: last\n\n`; // a CR at the very end has its own vectors
}

test('server-sent events as `eventsource-parser` reads them', async t => {
  let found = 0;
  await fuzz(t, (random, seed) => {
    const body = Buffer.from(events(random));
    const ours = [];
    const decoder = sse({ decode: 'text', end: 'eof' });
    const sink = { packet: (data, event, id) => ours.push({ data, event, id }), done() {} };
    for (const piece of random.cut(body)) decoder.push(piece, sink);
    decoder.end(sink);

    const theirs = [];
    const parser = createParser({ onEvent: ({ data, event, id }) => theirs.push({ data, event, id }) });
    const utf8 = new TextDecoder();
    for (const piece of random.cut(body)) parser.feed(utf8.decode(piece, { stream: true }));

    // `eventsource-parser` gives an id only to its own event; ours also to the events after it.
    const comparable = ours.map((event, i) => ({
      ...event,
      id: theirs[i]?.id === undefined ? undefined : (event.id ?? ''),
    }));
    assert.deepEqual(comparable, theirs, `${seed}: ${JSON.stringify(body.toString())}`);
    found += ours.length;
  });
  assert.ok(found > AT_LEAST, 'there was something to compare');
});

function value(random, depth = 0) {
  const { below, pick } = random;
  const kind = below(depth > 3 ? 4 : 6);
  if (kind === 0) return pick([null, true, false]);
  if (kind === 1) return pick([0, -1, 1e21, 0.1, 9007199254740993]);
  if (kind < 4) return pick(TEXTS) + pick(['\n', '"', '\\', '\r', '{', '']);
  const items = Array.from({ length: below(4) }, () => value(random, depth + 1));
  return kind === 4 ? items : Object.fromEntries(items.map((item, i) => [`k${i}`, item]));
}

test('rows as `it-ndjson` reads them', async t => {
  let found = 0;
  await fuzz(t, async (random, seed) => {
    const rows = Array.from({ length: random.below(12) }, () => value(random));
    const body = Buffer.from(rows.map(row => JSON.stringify(row) + random.pick(['\n', '\n', '\r\n'])).join(''));
    const ours = [];
    const decoder = ndjson();
    const sink = { packet: row => ours.push(row), done() {} };
    for (const piece of random.cut(body)) decoder.push(piece, sink);
    decoder.end(sink);

    const theirs = [];
    for await (const row of parse(random.cut(body))) theirs.push(row);
    assert.deepEqual(ours, theirs, seed);
    assert.deepEqual(ours, rows, seed);
    found += rows.length;
  });
  assert.ok(found > AT_LEAST, 'there was something to compare');
});
