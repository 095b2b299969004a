// OpenAI's client, as it comes, asks an action that offers several protocols for responses.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import OpenAI from 'openai';

import { start } from './support/servers.mjs';

const client = (server, action) =>
  new OpenAI({ baseURL: `${server.url}/answers/${action}`, apiKey: 'none', maxRetries: 0 });

const question = { model: 'stand-in', input: 'How is Oslo?' };

/** What a test looks at in an item of a response. */
const essence = ({ type, status, content, name, arguments: input, output }) => [
  type,
  status,
  content?.[0].text ?? output ?? [name, input],
];

test('a stream, and one document', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { responses } = client(server, 'everything');
  const events = [];
  const stream = responses.stream(question);
  stream.on('event', event => void events.push(event));
  for (const response of [await stream.finalResponse(), await responses.create(question)]) {
    assert.deepEqual([response.status, response.model, response.output_text], ['completed', 'stand-in', 'It rains.']);
    assert.deepEqual(response.output.map(essence), [
      ['reasoning', 'completed', 'Where is Oslo?'],
      ['function_call', 'completed', ['weather', '{"city":"Oslo"}']],
      ['function_call_output', 'completed', '{"sky":"rain"}'],
      ['function_call', 'completed', ['map', '{"zoom":3}']],
      ['function_call_output', 'completed', 'no map'],
      ['message', 'completed', 'It rains.'],
    ]);
    assert.equal(response.output.at(-1).content[0].annotations[0].url, 'https://example.com/oslo');
    assert.equal(response.usage.total_tokens, 46);
    assert.deepEqual(response.metadata, { model: 'stand-in' });
  }
  assert.deepEqual(
    events.map(event => event.sequence_number),
    events.map((_, at) => at),
  );
  const data = events.filter(event => event.type === 'keepalive').map(event => event.data.name);
  assert.deepEqual(data, ['file', 'mood', 'rain']);
});

test('errors have their types', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  for (const stream of [false, true]) {
    const refused = client(server, 'refuses').responses.create({ ...question, stream });
    await assert.rejects(refused, error => error instanceof OpenAI.RateLimitError && /tomorrow/.test(error.message));
  }
  await assert.rejects(client(server, 'fails').responses.create(question), { status: 503 });
  const { status, error, output_text } = await client(server, 'fails').responses.stream(question).finalResponse();
  assert.deepEqual([status, error.message, output_text], ['failed', 'the model is overloaded', 'It ']);
  const wrong = client(server, 'echo').responses.create({ ...question, model: 7 });
  await assert.rejects(wrong, /422 `model`/);
});
