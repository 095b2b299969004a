// Anthropic's client, as it comes, reads an action that offers several protocols.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import Anthropic from '@anthropic-ai/sdk';

import { start } from './support/servers.mjs';

const client = (server, action) =>
  new Anthropic({ baseURL: `${server.url}/answers/${action}`, apiKey: 'none', maxRetries: 0 });

const question = { model: 'stand-in', max_tokens: 100, messages: [{ role: 'user', content: 'How is Oslo?' }] };

test('a stream, and one document', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { messages } = client(server, 'everything');
  for (const message of [await messages.stream(question).finalMessage(), await messages.create(question)]) {
    assert.deepEqual([message.role, message.model, message.stop_reason], ['assistant', 'stand-in', 'end_turn']);
    assert.deepEqual(
      message.content.map(({ type, text, thinking, input }) => [type, text ?? thinking ?? input]),
      [
        ['thinking', 'Where is Oslo?'],
        ['tool_use', { city: 'Oslo' }],
        ['tool_use', { zoom: 3 }],
        ['text', 'It rains.'],
      ],
    );
    assert.equal(message.content.at(-1).citations[0].url, 'https://example.com/oslo');
    assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens], [12, 34]);
  }
});

test('a tool call for the client', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { messages } = client(server, 'calls');
  for (const message of [await messages.stream(question).finalMessage(), await messages.create(question)]) {
    assert.equal(message.stop_reason, 'tool_use');
    const [{ id, name, input }] = message.content;
    assert.deepEqual([id, name, input], ['call-1', 'weather', { city: 'Oslo' }]);
  }
});

test('errors have their types', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  for (const stream of [false, true]) {
    const refused = client(server, 'refuses').messages.create({ ...question, stream });
    await assert.rejects(refused, { status: 429, type: 'rate_limit_error', apiMessage: 'come back tomorrow' });
  }
  await assert.rejects(client(server, 'fails').messages.create(question), { status: 503, type: 'overloaded_error' });
  const failing = client(server, 'fails').messages.stream(question).finalMessage();
  await assert.rejects(failing, { type: 'overloaded_error', apiMessage: 'the model is overloaded' });
  const wrong = client(server, 'echo').messages.create({ ...question, max_tokens: 'many' });
  await assert.rejects(wrong, { status: 422, apiMessage: /`max_tokens`/ });
});
