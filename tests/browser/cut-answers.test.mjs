// A server that goes away in mid-answer: each client gets an error, and never an end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HttpAgent } from '@ag-ui/client';
import Anthropic from '@anthropic-ai/sdk';
import { DefaultChatTransport } from 'ai';
import OpenAI from 'openai';

import { start } from './support/servers.mjs';

/** The packets of the endless answer. */
const TEXT = 'on and ';

/**
 * Reads an answer until the server is killed in the middle of it.
 *
 * @param {string} name
 * @param {(url: string, text: (text: string) => void) => Promise<void>} read Reads to the end, and tells of each text.
 */
function fails(name, read) {
  test(`${name} does not take a cut for an end`, async t => {
    const server = await start('answers');
    t.after(() => server.kill());
    t.mock.method(console, 'error', () => {}); // where some clients report failures too
    const texts = [];
    let killed;
    const text = text => {
      if (text) texts.push(text);
      if (texts.length === 3) killed ??= server.kill();
    };
    await assert.rejects(read(`${server.url}/answers/endless`, text));
    await killed;
    assert.ok(texts.length >= 3);
    assert.deepEqual(new Set(texts), new Set([TEXT]));
  });
}

fails('the AI SDK', async (url, text) => {
  const transport = new DefaultChatTransport({ api: `${url}/chat` });
  const messages = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hello' }] }];
  const chunks = await transport.sendMessages({ chatId: 'a', messages, trigger: 'submit-message' });
  for await (const chunk of chunks) text(chunk.delta);
});

const settings = url => ({ baseURL: url, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hello' }];

fails("OpenAI's chat completions", async (url, text) => {
  const { completions } = new OpenAI(settings(url)).chat;
  for await (const { choices } of await completions.create({ model: 'm', messages, stream: true })) {
    text(choices[0].delta.content);
  }
});

fails("OpenAI's Responses", async (url, text) => {
  const { responses } = new OpenAI(settings(url));
  for await (const event of await responses.create({ model: 'm', input: 'hello', stream: true })) {
    if (event.type === 'response.output_text.delta') text(event.delta);
  }
});

fails('Anthropic', async (url, text) => {
  const { messages: all } = new Anthropic(settings(url));
  for await (const event of await all.create({ model: 'm', max_tokens: 9, messages, stream: true })) {
    text(event.delta?.text);
  }
});

/** AG-UI's client cancels a body that has failed, and leaves that failure unhandled, perhaps later: so it is the last. */
function ignoreRejections() {
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => {});
}

fails('AG-UI', async (url, text) => {
  ignoreRejections();
  const agent = new HttpAgent({ url: `${url}/run`, initialMessages: [{ id: '1', role: 'user', content: 'hello' }] });
  agent.subscribe({ onTextMessageContentEvent: ({ event }) => text(event.delta) });
  await agent.runAgent();
});
