// Any order of packets gives a stream that its client reads to the end: to the result, or to the failure of the action.
// The server has an answer for each number, the same one each time.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HttpAgent } from '@ag-ui/client';
import Anthropic from '@anthropic-ai/sdk';
import { DefaultChatTransport, readUIMessageStream } from 'ai';
import OpenAI from 'openai';

import { start } from './support/servers.mjs';

const ANSWERS = 300;

/** The failures of the actions: of its own, and of a packet that is refused. */
const FAILURE = /Conflict|Internal Server Error/;

/**
 * Reads each answer. A reader returns the text at which the answer ended, and throws what its client throws.
 *
 * @param {string} name
 * @param {(url: string) => Promise<string>} read
 */
function reads(name, read) {
  test(`${name} reads whatever an action sends`, async t => {
    const server = await start('answers');
    t.after(() => server.kill());
    t.mock.method(console, 'error', () => {}); // where some clients report failures too
    t.mock.method(console, 'warn', () => {});
    const ends = { done: 0, failed: 0 };
    for (let number = 0; number < ANSWERS; number += 1) {
      let failure;
      try {
        failure = await read(`${server.url}/answers/any/${number}`);
      } catch (error) {
        failure = `${error?.message}`;
      }
      if (failure) assert.match(failure, FAILURE, `answer ${number}`);
      ends[failure ? 'failed' : 'done'] += 1;
    }
    assert.ok(ends.done >= 20 && ends.failed >= 20, JSON.stringify(ends));
  });
}

reads('the AI SDK', async url => {
  const transport = new DefaultChatTransport({ api: `${url}/chat` });
  const messages = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hello' }] }];
  const stream = await transport.sendMessages({ chatId: 'a', messages, trigger: 'submit-message' });
  let failure = '';
  const onError = error => void (failure ||= error.message);
  for await (const message of readUIMessageStream({ stream, onError })) assert.equal(message.role, 'assistant');
  return failure;
});

reads('AG-UI', async url => {
  const agent = new HttpAgent({ url: `${url}/run`, initialMessages: [{ id: '1', role: 'user', content: 'hello' }] });
  let failure = '';
  agent.subscribe({ onRunErrorEvent: ({ event }) => void (failure = event.message) });
  await agent.runAgent();
  return failure;
});

const settings = url => ({ baseURL: url, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hello' }];

reads("OpenAI's chat completions", async url => {
  const { completions } = new OpenAI(settings(url)).chat;
  const { choices } = await completions.stream({ model: 'm', messages }).finalChatCompletion();
  assert.equal(choices[0].message.role, 'assistant');
});

reads("OpenAI's Responses", async url => {
  const { responses } = new OpenAI(settings(url));
  const response = await responses.stream({ model: 'm', input: 'hello' }).finalResponse();
  return response.error?.message;
});

reads('Anthropic', async url => {
  const { messages: all } = new Anthropic(settings(url));
  const message = await all.stream({ model: 'm', max_tokens: 9, messages }).finalMessage();
  assert.equal(message.role, 'assistant');
});
