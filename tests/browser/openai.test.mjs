// OpenAI's client, as it comes, reads an action that offers several protocols.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import OpenAI from 'openai';

import { start } from './support/servers.mjs';

const client = (server, action) =>
  new OpenAI({ baseURL: `${server.url}/answers/${action}`, apiKey: 'none', maxRetries: 0 });

const question = { model: 'stand-in', messages: [{ role: 'user', content: 'How is Oslo?' }] };

test('a stream', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const stream = client(server, 'everything').chat.completions.stream({
    ...question,
    stream_options: { include_usage: true },
  });
  const completion = await stream.finalChatCompletion();
  const [{ message, finish_reason }] = completion.choices;
  assert.deepEqual([completion.model, finish_reason, message.content], ['stand-in', 'stop', 'It rains.']);
  assert.deepEqual(
    message.tool_calls.map(call => call.function.arguments),
    ['{"city":"Oslo"}', '{"zoom":3}'],
  );
  assert.equal(completion.usage.total_tokens, 46);
});

test('one document', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { data, response } = await client(server, 'everything').chat.completions.create(question).withResponse();
  assert.equal(response.headers.get('content-type'), 'application/json');
  const [{ message, finish_reason }] = data.choices;
  assert.deepEqual([data.object, data.model, finish_reason], ['chat.completion', 'stand-in', 'stop']);
  assert.deepEqual([message.content, message.reasoning_content], ['It rains.', 'Where is Oslo?']);
  assert.equal(message.tool_calls.length, 2);
  assert.deepEqual(
    message.annotations.map(note => note.url_citation.url),
    ['https://example.com/oslo'],
  );
  assert.equal(data.usage.total_tokens, 46);
});

test('a tool call for the client, with and without a stream', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const calls = client(server, 'calls').chat.completions;
  for (const completion of [await calls.create(question), await calls.stream(question).finalChatCompletion()]) {
    const [{ message, finish_reason }] = completion.choices;
    assert.equal(finish_reason, 'tool_calls');
    const [{ id, function: called }] = message.tool_calls;
    assert.deepEqual([id, called.name, JSON.parse(called.arguments)], ['call-1', 'weather', { city: 'Oslo' }]);
  }
});

test('errors have their types', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  for (const stream of [false, true]) {
    const refused = client(server, 'refuses').chat.completions.create({ ...question, stream });
    await assert.rejects(refused, error => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.deepEqual([error.status, error.type, error.message], [429, 'rate_limit_error', '429 come back tomorrow']);
      return true;
    });
  }
  const failed = client(server, 'fails').chat.completions.create(question);
  await assert.rejects(failed, { status: 503, type: 'server_error' }, 'a document that fails has the status');
  const seen = [];
  const failing = async () => {
    const stream = await client(server, 'fails').chat.completions.create({ ...question, stream: true });
    for await (const chunk of stream) seen.push(chunk.choices[0].delta.content);
  };
  await assert.rejects(failing, { type: 'server_error', code: '503', message: 'the model is overloaded' });
  assert.deepEqual(seen, ['', 'It ']);
  const wrong = client(server, 'echo').chat.completions.create({ ...question, messages: [{ role: 'robot' }] });
  await assert.rejects(wrong, error => {
    assert.ok(error instanceof OpenAI.UnprocessableEntityError);
    assert.match(error.message, /messages\[0\]\.role/);
    return true;
  });
});

test('a client that stops ends the action', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  for await (const chunk of await client(server, 'endless').chat.completions.create({ ...question, stream: true })) {
    if (chunk.choices[0].delta.content) break;
  }
  assert.equal(await server.line(), 'the endless answer was dropped');
});
