// `useChat` with the AI SDK's own transport, over runs by name: it resumes at `GET {api}/{id}/stream`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch } from './support/browser.mjs';
import { start } from './support/servers.mjs';
import { bundle, profile } from './support/use-chat.mjs';

const browser = await launch();

/** The page keeps whole answers, as an application's history would. */
const code = await bundle(`
  import { DefaultChatTransport } from 'ai';

  export const options = {
    id: 'oslo',
    resume: true,
    messages: JSON.parse(localStorage.getItem('history') ?? '[]'),
    transport: new DefaultChatTransport({
      api: '/answers/named',
      prepareSendMessagesRequest: ({ api, id, messages }) => ({ api: api + '/' + id, body: { id, messages } }),
    }),
    onFinish: ({ messages, isError }) => isError || localStorage.setItem('history', JSON.stringify(messages)),
  };
`);

async function setUp(t) {
  const server = await start('answers');
  t.after(() => server.kill());
  const { tab } = await profile(t, browser, server.url, code);
  const run = `${server.url}/answers/named/oslo/stream`;
  return { server, tab, run, go: () => fetch(`${server.url}/go`, { method: 'POST' }) };
}

/** Loads the page again, and waits until it has asked for an open answer. Returns the status. */
async function reloaded({ page, reload }) {
  const asked = page.waitForResponse(response => response.url().endsWith('/stream'));
  await reload();
  return (await asked).status();
}

test('a page that is loaded again in mid-answer shows the whole answer, and so does a second tab', async t => {
  const { tab, go } = await setUp(t);
  const first = await tab();
  await first.ask('How is [hold] Oslo?');
  await first.showsPart('assistant: How is');
  assert.equal(await reloaded(first), 200);
  await first.showsPart('assistant: How is');
  const second = await tab();
  await second.showsPart('assistant: How is');
  await go();
  for (const { shows, idle, alerts } of [first, second]) {
    await shows('assistant: How is Oslo?');
    await idle();
    assert.equal(await alerts(), 0);
  }
});

test('an answer that has ended is not shown again over a restored history', async t => {
  const { tab } = await setUp(t);
  const chat = await tab();
  await chat.ask('How is Oslo?');
  await chat.shows('assistant: How is Oslo?');
  await chat.idle();
  assert.equal(await reloaded(chat), 204);
  await chat.shows('assistant: How is Oslo?');
  assert.deepEqual(await chat.messages(), ['user: How is Oslo?', 'assistant: How is Oslo?']);
  await chat.ask('And Rome?');
  await chat.shows('assistant: And Rome?');
  assert.equal((await chat.messages()).length, 4);
});

test('stop in the page leaves, `DELETE` stops the model, and the chat goes on with the next question', async t => {
  const { server, tab, run } = await setUp(t);
  const chat = await tab();
  await chat.ask('I go [endless]');
  await chat.showsPart('assistant: I go on and');
  await chat.stop();
  await chat.idle();
  assert.equal((await fetch(run, { method: 'HEAD' })).headers.get('run-state'), 'open');
  assert.equal((await fetch(run, { method: 'DELETE' })).status, 202);
  assert.equal(await server.line(), 'the endless answer was dropped');
  assert.equal(await reloaded(chat), 204);
  await chat.ask('And Rome?');
  await chat.shows('assistant: And Rome?');
  assert.equal((await fetch(run, { method: 'DELETE' })).status, 204);
});

test('a page whose answer another one stops shows what has come, and no error', async t => {
  const { tab, run } = await setUp(t);
  const chat = await tab();
  await chat.ask('I go [endless]');
  await chat.showsPart('assistant: I go on and');
  await fetch(run, { method: 'DELETE' });
  await chat.idle();
  assert.equal(await chat.alerts(), 0);
  assert.match((await chat.messages())[1], /^assistant: I go on and/);
});

test('a failure before the first token, and one in mid-answer, leave nothing open', async t => {
  const { tab, run } = await setUp(t);
  const chat = await tab();
  await chat.ask('[refuse]');
  await chat.alert('come back tomorrow');
  assert.equal((await fetch(run)).status, 204);
  await chat.ask('It [fail]');
  await chat.alert('503: the model is overloaded');
  assert.equal((await fetch(run)).status, 204);
});
