// Work grows with what comes, not with its square: neither with the size of a packet nor with their number.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

import * as decoders from '../outflow/decoders/index.mjs';
import { stream } from '../outflow.mjs';

const GROWTH = 8;
/** What a square would make of it is far above, noise of the machine is far below. */
const TOO_MUCH = (GROWTH + GROWTH ** 2) / 2;

const formats = {
  sse: texts => texts.map(text => `data: ${text}\n\n`).join(''),
  frames: texts => texts.map(text => `${text.length.toString(16)}\0a${text}`).join(''),
  ndjson: texts => texts.map(text => `${text}\n`).join(''),
  envelope: texts => `{"items":[${texts.join()},`,
};

/** The best of three runs, in milliseconds. */
function best(run) {
  const times = [1, 2, 3].map(() => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...times);
}

function read(format, body, pieceLength) {
  const decoder = decoders[format]();
  let packets = 0;
  const sink = { packet: () => (packets += 1) };
  for (let at = 0; at < body.length; at += pieceLength) decoder.push(body.subarray(at, at + pieceLength), sink);
  return packets;
}

for (const [format, write] of Object.entries(formats)) {
  test(`${format}: one long packet in small pieces`, () => {
    const time = length => {
      const body = Buffer.from(write([JSON.stringify('x'.repeat(length))]));
      return best(() => assert.equal(read(format, body, 4096), 1));
    };
    const growth = time(GROWTH * 4e6) / time(4e6);
    assert.ok(growth < TOO_MUCH, `${GROWTH} times the bytes took ${growth.toFixed(1)} times as long`);
  });

  test(`${format}: many packets in one piece`, () => {
    const time = count => {
      const body = Buffer.from(write(Array.from({ length: count }, (_, i) => `"i=${i}"`)));
      return best(() => assert.equal(read(format, body, body.length), count));
    };
    const growth = time(GROWTH * 2e4) / time(2e4);
    assert.ok(growth < TOO_MUCH, `${GROWTH} times the packets took ${growth.toFixed(1)} times as long`);
  });
}

test('a million packets leave nothing behind', async () => {
  setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc');
  const piece = Buffer.from(formats.sse(Array.from({ length: 1000 }, (_, i) => `{"i":${i}}`)));
  let left = 1000;
  const heap = [];
  const body = new ReadableStream({
    pull(controller) {
      if (left-- > 0) return controller.enqueue(piece);
      controller.enqueue(Buffer.from('event: done\ndata:\n\n'));
      controller.close();
    },
  });
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  let packets = 0;
  await stream('/', { fetch }).progress(() => {
    packets += 1;
    if (packets % 250_000) return;
    gc();
    heap.push(process.memoryUsage().heapUsed);
  }).result;
  assert.equal(packets, 1e6);
  const growth = heap.at(-1) - heap[0];
  assert.ok(growth < 1e6, `the heap grew by ${growth} bytes`);
});
