// Every decoder on every vector, however the bytes are cut. The server's tests use the vectors in `vectors/` too; those
// marked `server` are exactly the bytes that it writes. To read one: Buffer.from(bytes, 'hex').toString().

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

import * as decoders from '../outflow/decoders/index.mjs';

const folder = new URL('vectors/', import.meta.url);

for (const file of await readdir(folder)) {
  const { format, vectors } = JSON.parse(await readFile(new URL(file, folder), 'utf8'));
  for (const { name, bytes, options, expect } of vectors) {
    test(`${format}: ${name}`, () => {
      const body = Buffer.from(bytes, 'hex');
      const check = pieces => assert.deepEqual(decode(decoders[format](options), pieces, expect), expect);
      check([body]);
      check([...body].map(byte => Uint8Array.of(byte)));
      for (let at = 0; at <= body.length; at++) check([body.subarray(0, at), body.subarray(at)]);
    });
  }
}

test('sse: the reconnection time is available', () => {
  const decoder = decoders.sse();
  decode(decoder, [Buffer.from('retry: 1500\nretry: 2x\ndata: 1\n\n')]);
  assert.equal(decoder.retry, 1500);
});

test('frames: the limit is checked before anything is stored', () => {
  const decoder = decoders.frames({ maxPacketBytes: 10 });
  assert.throws(() => decoder.push(Buffer.from('b\0s'), {}), { code: 'too-large', length: 11 });
});

test('frames: an error quotes up to 64 characters of what is not a frame', () => {
  const page = `<!doctype html><title>Log in</title>${'<p>…</p>'.repeat(20)}`;
  assert.throws(() => decoders.frames().push(Buffer.from(page), {}), { code: 'protocol', excerpt: page.slice(0, 64) });
});

test('decoders share no state', () => {
  const [one, two] = [decoders.sse(), decoders.sse()];
  const found = [];
  const sink = { packet: data => found.push(data) };
  one.push(Buffer.from('id: 1\nevent: x\ndata: "on'), sink);
  two.push(Buffer.from('data: "two"\n\n'), sink);
  one.push(Buffer.from('e"\n\n'), sink);
  assert.deepEqual(found, ['two', 'one']);
});

/** What a decoder finds, in the shape of a vector's `expect`. `wanted` names the members of a failure to compare. */
function decode(decoder, pieces, { outcome: wanted = {} } = {}) {
  const packets = [];
  let outcome;
  const sink = {
    packet: (data, event, id) => packets.push(present({ data, event, id })),
    done(result) {
      assert.equal(outcome, undefined, 'there is one end');
      outcome = present({ state: 'done', result });
    },
  };
  try {
    for (const piece of pieces) decoder.push(piece, sink);
    decoder.end(sink);
  } catch (error) {
    assert.equal(error.name, 'StreamError', error.stack);
    const members = Object.keys(wanted).map(name => [name, error[name]]);
    outcome = { ...Object.fromEntries(members), state: 'failed', code: error.code };
  }
  return { packets, outcome };
}

function present(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
