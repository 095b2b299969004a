// Reading, side by side with others: `npm run bench`. Prints a table of times and what they are of ours.
//
// Everybody gets the same bytes in the same pieces, counts packets, and in the second half of the table parses their
// JSON too, which ours does by itself. The rounds take turns, so that a busy moment hits all; the best one counts.

import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

import { createParser } from 'eventsource-parser';
import { parse as parseRows } from 'it-ndjson';

import { ndjson, sse } from '../outflow/decoders/index.mjs';
import { stream } from '../outflow.mjs';

// Its main file wants a window; this part does not.
const { getLines, getMessages } = createRequire(import.meta.url)('@microsoft/fetch-event-source/lib/cjs/parse.js');

const ROUNDS = 9;
const encoder = new TextEncoder();
const asEvents = packets =>
  encoder.encode(`${packets.map(packet => `data: ${packet}\n\n`).join('')}event: done\ndata:\n\n`);
const asRows = packets => encoder.encode(packets.map(packet => `${packet}\n`).join(''));

function cut(bytes, length) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
  return pieces;
}

/** Each reads pieces and gives the number of packets. */
const readers = {
  sse: {
    outflow: (pieces, isJson) => readOurs(sse({ text: !isJson }), pieces),
    'eventsource-parser': (pieces, isJson) => {
      let packets = 0;
      const onEvent = ({ event, data }) => {
        if (event === 'done') return;
        if (isJson) JSON.parse(data);
        packets += 1;
      };
      const parser = createParser({ onEvent });
      const utf8 = new TextDecoder();
      for (const piece of pieces) parser.feed(utf8.decode(piece, { stream: true }));
      return packets;
    },
    'fetch-event-source': (pieces, isJson) => {
      let packets = 0;
      const onMessage = ({ event, data }) => {
        if (event === 'done') return;
        if (isJson) JSON.parse(data);
        packets += 1;
      };
      const onChunk = getLines(
        getMessages(
          () => {},
          () => {},
          onMessage,
        ),
      );
      for (const piece of pieces) onChunk(piece);
      return packets;
    },
  },
  ndjson: {
    outflow: pieces => readOurs(ndjson(), pieces),
    'it-ndjson': async pieces => {
      let packets = 0;
      for await (const _ of parseRows(pieces, { maxMessageLength: Infinity })) packets += 1;
      return packets;
    },
  },
};

function readOurs(decoder, pieces) {
  let packets = 0;
  const sink = { packet: () => (packets += 1), done() {} };
  for (const piece of pieces) decoder.push(piece, sink);
  decoder.end(sink);
  return packets;
}

const small = Array.from({ length: 100_000 }, (_, i) => `"i=${i}"`);
const objects = small.map((_, i) => JSON.stringify({ choices: [{ index: 0, delta: { content: `token ${i}` } }] }));
const big = length => [JSON.stringify('x'.repeat(length))];

const cases = [
  ['8 MB packet, 4 KB pieces', big(8e6), 4096],
  ['16 MB packet, 4 KB pieces', big(16e6), 4096],
  ['100,000 small packets, 16 KB pieces', small, 16_384],
  ['100,000 objects, 16 KB pieces', objects, 16_384],
  ['100,000 small packets, 1 packet a piece', small, 18],
];

/** Who needed seconds is not asked again, least of all for more: its garbage would be the others' burden. */
const TOO_LONG_MS = 1000;
const tooSlow = new Set();

/** The best time of each reader, in milliseconds. */
async function race(contestants, pieces, isJson, packets) {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, read] of Object.entries(contestants)) {
      if (best[name] > TOO_LONG_MS || tooSlow.has(`${name} ${packets}`)) continue;
      const start = performance.now();
      const found = await read(pieces, isJson);
      const time = performance.now() - start;
      if (found !== packets) throw new Error(`${name} found ${found} packets of ${packets}`);
      best[name] = Math.min(best[name] ?? Infinity, time);
      if (time > TOO_LONG_MS) tooSlow.add(`${name} ${packets}`);
    }
  }
  return best;
}

let isSlower = false;
const ours = {};
for (const [format, contestants] of Object.entries(readers)) {
  for (const isJson of format === 'sse' ? [false, true] : [true]) {
    console.log(`\n${format}${isJson ? ', JSON parsed' : ', data as text'}`);
    for (const [name, packets, length] of cases) {
      const pieces = cut((format === 'sse' ? asEvents : asRows)(packets), length);
      const times = await race(contestants, pieces, isJson, packets.length);
      ours[`${format} ${isJson} ${name}`] = times.outflow;
      const columns = Object.entries(times).map(([who, ms]) => {
        return `${who} ${ms.toFixed(1)} ms${who === 'outflow' ? '' : ` (${(ms / times.outflow).toFixed(2)} × ours)`}`;
      });
      console.log(`  ${name.padEnd(42)}${columns.join('   ')}`);
      const fastest = Math.min(...Object.values(times));
      // The machine's own noise is about that much.
      if (format === 'sse' && times.outflow > fastest * 1.1) isSlower = true;
    }
  }
}

const growth = ours['sse true 16 MB packet, 4 KB pieces'] / ours['sse true 8 MB packet, 4 KB pieces'];
console.log(`\ntwice the packet takes ${growth.toFixed(2)} times as long (linear: 2)`);

console.log(`a million packets through the whole client: the heap grows by ${await heapGrowth()} KB`);
console.log(isSlower ? 'SLOWER than the fastest for server-sent events' : 'none is faster for server-sent events');
process.exitCode = isSlower || growth > 2.5 ? 1 : 0;

/** From the first quarter of a million packets to the last, after collecting garbage. */
async function heapGrowth() {
  setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  const piece = encoder.encode(
    objects
      .slice(0, 1000)
      .map(packet => `data: ${packet}\n\n`)
      .join(''),
  );
  let left = 1000;
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) return controller.enqueue(piece);
      controller.enqueue(encoder.encode('event: done\ndata:\n\n'));
      controller.close();
    },
  });
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  const heap = [];
  let packets = 0;
  await stream('/', { fetch }).progress(() => {
    if (++packets % 250_000) return;
    gc();
    heap.push(process.memoryUsage().heapUsed);
  }).result;
  return Math.round((heap.at(-1) - heap[0]) / 1024);
}
