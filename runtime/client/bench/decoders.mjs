// Compares the decoders with other libraries: `npm run bench`. Prints a table of times, and their ratio to ours.
//
// All get the same bytes in the same pieces and count packets. Where the table says so, they also parse JSON, as our
// decoders do by themselves. What is measured is CPU time, which other work on the machine changes least, and the best of
// several rounds counts.

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

import { createParser } from 'eventsource-parser';
import { parse as parseRows } from 'it-ndjson';

import { ndjson, sse } from '../outflow/decoders/index.mjs';
import { stream } from '../outflow.mjs';

// The main file needs a window, this one does not.
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

/** Functions that decode pieces and return the number of packets. */
const readers = {
  sse: {
    outflow: (pieces, isJson) => readOurs(sse({ decode: isJson ? undefined : 'text' }), pieces),
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

/** A reader that took this long is not measured again, or with larger packets. */
const TOO_LONG_MS = 1000;

/** The least CPU time of a reader for each case, in milliseconds. */
async function measure(format, who, isJson) {
  const best = {};
  let longest = 0;
  for (const [name, packets, length] of cases) {
    const isBig = packets.length === 1;
    const pieces = cut((format === 'sse' ? asEvents : asRows)(packets), length);
    for (let round = 0; round < ROUNDS && !(isBig && longest > TOO_LONG_MS); round++) {
      const start = process.cpuUsage();
      const found = await readers[format][who](pieces, isJson);
      const { user, system } = process.cpuUsage(start);
      const time = (user + system) / 1000;
      if (found !== packets.length) throw new Error(`${who} found ${found} packets of ${packets.length}`);
      best[name] = Math.min(best[name] ?? Infinity, time);
      if (isBig) longest = Math.max(longest, time);
    }
  }
  return best;
}

/** Measures each reader in its own process, twice and apart, so that garbage or a busy moment does not hit only one. */
async function compare(format, isJson) {
  const times = {};
  for (let turn = 0; turn < 2; turn++) {
    for (const who of Object.keys(readers[format])) {
      const args = [fileURLToPath(import.meta.url), format, who, String(isJson)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      for (const [name, ms] of Object.entries(JSON.parse(stdout))) {
        times[name] ??= {};
        times[name][who] = Math.min(times[name][who] ?? Infinity, ms);
      }
    }
  }
  return times;
}

async function main() {
  let growth = 0;
  /** The time of the fastest other library divided by ours, for each case of server-sent events. */
  const ratios = [];
  for (const [format, isJson] of [
    ['sse', false],
    ['sse', true],
    ['ndjson', true],
  ]) {
    console.log(`\n${format}${isJson ? ', JSON parsed' : ', data as text'}`);
    const times = await compare(format, isJson);
    for (const [name, { outflow, ...others }] of Object.entries(times)) {
      const columns = Object.entries(others).map(
        ([who, ms]) => `${who} ${ms.toFixed(1)} ms (${(ms / outflow).toFixed(2)} × ours)`,
      );
      console.log(`  ${name.padEnd(42)}${[`outflow ${outflow.toFixed(1)} ms`, ...columns].join('   ')}`);
      if (format === 'sse') ratios.push(Math.min(...Object.values(others)) / outflow);
    }
    const [eight, sixteen] = cases.map(([name]) => times[name].outflow);
    growth = Math.max(growth, sixteen / eight);
  }
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  console.log(`\ntwice the packet takes at most ${growth.toFixed(2)} times as long (linear: 2, squared: 4)`);
  console.log(`a million packets through the whole client: the heap grows by ${await heapGrowth()} KB`);
  console.log(
    `server-sent events: the fastest of the others takes ${mean.toFixed(2)} × ours, in the geometric mean, ` +
      `and ${Math.min(...ratios).toFixed(2)} × ours at least`,
  );
  process.exitCode = mean < 1 || growth > 3 ? 1 : 0;
}

/** The growth of the heap from the first quarter of a million packets to the last, in KB, after garbage collection. */
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

const [format, who, isJson] = process.argv.slice(2);
if (format) console.log(JSON.stringify(await measure(format, who, isJson === 'true')));
else await main();
