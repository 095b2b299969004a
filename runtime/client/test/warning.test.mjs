// The warning of many streams over HTTP/1.1: only for pages that are known to have them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stream } from '../outflow.mjs';
import { turn, until } from './support/observe.mjs';

const ORIGIN = 'https://outflow.example';

/** The warnings on a page that was loaded over this protocol. Each test imports the module anew. */
async function warnings(t, name, urls, protocol, location = { href: `${ORIGIN}/page` }, document) {
  const entry = { name: `${ORIGIN}/page`, nextHopProtocol: protocol };
  t.mock.method(performance, 'getEntriesByType', type => (type === 'navigation' ? [entry] : []));
  const warn = t.mock.method(console, 'warn', () => {});
  for (const [global, value] of Object.entries({ location, document })) {
    Object.defineProperty(globalThis, global, { value, configurable: true });
    t.after(() => delete globalThis[global]);
  }
  const { warn: check } = await import(`../outflow/warning.mjs?${name}`);
  check(urls, 4);
  check(urls, 4);
  return warn.mock.calls.map(({ arguments: [text] }) => text);
}

const four = ['/1', '2', `${ORIGIN}/3`, '/4'];

test('four streams to one origin over HTTP/1.1 give one warning', async t => {
  const [text, ...others] = await warnings(t, 'four', four, 'http/1.1');
  assert.match(text, /https:\/\/outflow\.example .*HTTP\/1\.1/);
  assert.deepEqual(others, []);
});

test('no warning over HTTP/2, which has no such limit', async t => {
  assert.deepEqual(await warnings(t, 'h2', four, 'h2'), []);
});

test('no warning if the protocol is unknown', async t => {
  const others = four.map((_, i) => `https://other.example/${i}`);
  assert.deepEqual(await warnings(t, 'unknown', others, 'http/1.1'), []);
  assert.deepEqual(await warnings(t, 'empty', four, ''), []);
});

test('in a `srcdoc` frame, URLs are relative to its document', async t => {
  const location = { href: 'about:srcdoc' };
  assert.equal((await warnings(t, 'frame', four, 'http/1.1', location, { baseURI: `${ORIGIN}/page` })).length, 1);
});

test('no warning outside of browsers', async t => {
  assert.deepEqual(await warnings(t, 'node', four, 'http/1.1', null), []);
});

test('URLs that cannot be resolved give no warning, and no failure', async t => {
  const rejections = [];
  const listen = error => rejections.push(error);
  process.on('unhandledRejection', listen);
  t.after(() => process.off('unhandledRejection', listen));
  // A worker made of a blob: its address cannot be a base either, and it has no document.
  Object.defineProperty(globalThis, 'location', { value: { href: 'blob:null/1' }, configurable: true });
  t.after(() => delete globalThis.location);
  const fetch = async () => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } });
  const all = four.map(url => stream(url, { fetch }).fail(() => {}));
  await until(() => all.every(({ state }) => state === 'open'));
  await import('../outflow/warning.mjs');
  await turn();
  for (const stream of all) stream.abort();
  assert.deepEqual(rejections, []);
});

test('streams that have ended are not counted', async t => {
  const warn = t.mock.method(console, 'warn', () => {});
  const entry = { name: `${ORIGIN}/page`, nextHopProtocol: 'http/1.1' };
  t.mock.method(performance, 'getEntriesByType', () => [entry]);
  Object.defineProperty(globalThis, 'location', { value: { href: `${ORIGIN}/page` }, configurable: true });
  t.after(() => delete globalThis.location);
  const head = { headers: { 'content-type': 'text/event-stream' } };
  const done = async () => new Response('event: done\ndata:\n\n', head);
  const open = async () => new Response(new ReadableStream(), head);
  const all = [];
  const opened = fetch => {
    const one = stream('/', { fetch }).fail(() => {});
    all.push(one);
    return new Promise(resolve => one.onState(resolve));
  };
  for (let i = 0; i < 8; i++) await stream('/', { fetch: done }).result;
  for (let i = 0; i < 3; i++) await opened(open);
  await new Promise(resolve => setTimeout(resolve, 20));
  assert.equal(warn.mock.callCount(), 0);
  await opened(open);
  while (!warn.mock.callCount()) await new Promise(resolve => setTimeout(resolve, 1));
  for (const stream of all) stream.abort();
});
