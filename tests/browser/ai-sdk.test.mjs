// The AI SDK, as it comes, reads an action that offers several protocols.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DefaultChatTransport, readUIMessageStream } from 'ai';

import { start } from './support/servers.mjs';

const messages = text => [{ id: '1', role: 'user', parts: [{ type: 'text', text }] }];

/** Sends a message to an action, and yields the answer as it grows. */
async function* ask(server, action, { text = 'How is Oslo?', signal } = {}) {
  const transport = new DefaultChatTransport({ api: `${server.url}/answers/${action}/chat/completions` });
  const options = { chatId: 'chat', messages: messages(text), trigger: 'submit-message', abortSignal: signal };
  const stream = await transport.sendMessages(options);
  yield* readUIMessageStream({ stream, terminateOnError: true });
}

/** The whole answer. */
async function answer(...args) {
  let last;
  for await (const message of ask(...args)) last = message;
  return last;
}

test('every part of an answer arrives', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { metadata, role, parts } = await answer(server, 'everything');
  assert.equal(role, 'assistant');
  assert.equal(metadata.model, 'stand-in');
  assert.equal(metadata.usage.totalTokens, 46);
  const kinds = parts.map(part => part.type);
  assert.deepEqual(kinds, [
    'step-start',
    'reasoning',
    'tool-weather',
    'tool-map',
    'step-start',
    'text',
    'source-url',
    'file',
    'data-mood',
    'data-rain',
  ]);
  const [, reasoning, weather, map, , text, source, file, mood, rain] = parts;
  assert.deepEqual([reasoning.text, reasoning.state], ['Where is Oslo?', 'done']);
  assert.deepEqual(
    [weather.state, weather.input, weather.output],
    ['output-available', { city: 'Oslo' }, { sky: 'rain' }],
  );
  assert.deepEqual([map.state, map.input, map.errorText], ['output-error', { zoom: 3 }, 'no map']);
  assert.deepEqual([text.text, text.state], ['It rains.', 'done']);
  assert.deepEqual([source.url, source.title], ['https://example.com/oslo', 'Oslo']);
  assert.equal(file.mediaType, 'text/plain');
  assert.deepEqual([mood.data, rain.data], ['wet', { mm: 4 }]);
});

test('a tool call without a result is one for the page', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { parts } = await answer(server, 'calls');
  assert.deepEqual(
    parts.map(({ state, input }) => [state, input]),
    [['input-available', { city: 'Oslo' }]],
  );
});

test('a failure before the first packet is a failed request, and a later one an error', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  await assert.rejects(answer(server, 'refuses'), /come back tomorrow/);
  const seen = [];
  const failing = async () => {
    for await (const { parts } of ask(server, 'fails')) seen.push(parts.at(-1)?.text);
  };
  await assert.rejects(failing, { message: '503: the model is overloaded' });
  assert.equal(seen.at(-1), 'It ');
});

test('a page that stops ends the action', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const stop = new AbortController();
  const endless = async () => {
    for await (const { parts } of ask(server, 'endless', { signal: stop.signal })) if (parts.length) stop.abort();
  };
  await assert.rejects(endless, { name: 'AbortError' });
  assert.equal(await server.line(), 'the endless answer was dropped');
});
