// The work is linear in the size of a packet and in the number of packets.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

import * as decoders from '../outflow/decoders/index.mjs';
import { stream } from '../outflow.mjs';
import { work } from './support/work.mjs';

const GROWTH = 8;
/** Slightly more than linear is fine; quadratic work would be 64 times as much. */
const TOO_MUCH = GROWTH * 1.1;

const formats = {
  sse: texts => texts.map(text => `data: ${text}\n\n`).join(''),
  frames: texts => texts.map(text => `${text.length.toString(16)}\0a${text}`).join(''),
  ndjson: texts => texts.map(text => `${text}\n`).join(''),
  envelope: texts => `{"items":[${texts.join()},`,
};

function read(format, body, pieceLength) {
  const decoder = decoders[format]();
  let packets = 0;
  const sink = { packet: () => (packets += 1) };
  for (let at = 0; at < body.length; at += pieceLength) decoder.push(body.subarray(at, at + pieceLength), sink);
  return packets;
}

for (const [format, write] of Object.entries(formats)) {
  test(`${format}: one long packet in small pieces`, () => {
    const cost = length => {
      const body = Buffer.from(write([JSON.stringify('x'.repeat(length))]));
      const sum = work(() => assert.equal(read(format, body, 4096), 1));
      assert.ok(sum >= length, 'it was counted');
      return sum;
    };
    const growth = cost(GROWTH * 1e6) / cost(1e6);
    assert.ok(growth < TOO_MUCH, `${GROWTH} times the bytes are ${growth.toFixed(1)} times the work`);
  });

  test(`${format}: many packets in one piece`, () => {
    const cost = count => {
      // All of the same length, because longer ones are more work.
      const body = Buffer.from(write(Array.from({ length: count }, (_, i) => `"${1e6 + i}"`)));
      return work(() => assert.equal(read(format, body, body.length), count));
    };
    const growth = cost(GROWTH * 2e4) / cost(2e4);
    assert.ok(growth < TOO_MUCH, `${GROWTH} times the packets are ${growth.toFixed(1)} times the work`);
  });
}

test('a million packets do not grow the heap', async () => {
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
