// `useChat` over `outflow/ai-sdk`: an answer outlives its connection, its page and its node, and ends when it is stopped.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Chat } from '@ai-sdk/react';

import { OutflowChatTransport } from '../../runtime/client/outflow/ai-sdk.mjs';
import { until } from '../../runtime/client/test/support/observe.mjs';
import { launch } from './support/browser.mjs';
import { balancer, redis } from './support/nodes.mjs';
import { start } from './support/servers.mjs';
import { bundle, profile } from './support/use-chat.mjs';

const browser = await launch();

/** The page keeps whole answers, as an application's history would, and waits only briefly for a server that is gone. */
const code = await bundle(`
  import { OutflowChatTransport } from 'outflow/ai-sdk';

  export const options = {
    id: 'oslo',
    resume: true,
    messages: JSON.parse(localStorage.getItem('history') ?? '[]'),
    transport: new OutflowChatTransport({ api: '/answers/run', reconnect: { delay: 10, retries: 5 } }),
    onFinish: ({ messages, isError }) => isError || localStorage.setItem('history', JSON.stringify(messages)),
  };
`);

/** Starts a server behind a proxy, and a browser profile for pages there. */
async function setUp(t, nodes = 1, env = {}) {
  const servers = await Promise.all(Array.from({ length: nodes }, () => start('answers', env)));
  t.after(() => Promise.all(servers.map(server => server.kill())));
  const front = await balancer(t);
  front.use(servers[0]);
  const { tab, context } = await profile(t, browser, front.url, code);
  return { servers, front, tab, context, stored: page => page.evaluate(() => Object.keys(localStorage)) };
}

/** Lets the answer of a server go on. */
const go = server => fetch(`${server.url}/go`, { method: 'POST' });

test('an answer, and another one after it', async t => {
  const { tab } = await setUp(t);
  const { ask, shows, messages, alerts } = await tab();
  await ask('How is Oslo?');
  await shows('assistant: How is Oslo?');
  await ask('And Rome?');
  await shows('assistant: And Rome?');
  assert.equal((await messages()).length, 4);
  assert.equal(await alerts(), 0);
});

test('a page that is loaded again in mid-answer shows the whole answer', async t => {
  const { servers, tab } = await setUp(t);
  const { ask, shows, showsPart, messages, idle, reload, alerts } = await tab();
  await ask('How is [hold] Oslo?');
  await showsPart('assistant: How is');
  await reload();
  await showsPart('assistant: How is');
  await reload();
  await showsPart('assistant: How is');
  await go(servers[0]);
  await shows('assistant: How is Oslo?');
  await idle();
  assert.deepEqual(await messages(), ['assistant: How is Oslo?']);
  assert.equal(await alerts(), 0);
});

test('an answer that has ended is not shown again over a restored history', async t => {
  const { servers, tab, stored } = await setUp(t);
  const first = await tab();
  await first.ask('How is [hold] Oslo?');
  await first.showsPart('assistant: How is');
  const second = await tab();
  await second.showsPart('assistant: How is');
  await first.page.close();
  await go(servers[0]);
  await second.shows('assistant: How is Oslo?');
  await second.idle();
  const kept = await second.messages();
  for (let n = 0; n < 2; n++) {
    await second.reload();
    await second.shows('assistant: How is Oslo?');
    assert.deepEqual(await stored(second.page), ['history']);
    assert.deepEqual(await second.messages(), kept);
  }
});

test('a second tab joins, and both show the end', async t => {
  const { servers, tab, stored } = await setUp(t);
  const first = await tab();
  await first.ask('How is [hold] Oslo?');
  await first.showsPart('assistant: How is');
  const second = await tab();
  await second.showsPart('assistant: How is');
  await go(servers[0]);
  for (const { shows, idle } of [first, second]) {
    await shows('assistant: How is Oslo?');
    await idle();
  }
  assert.deepEqual(await stored(second.page), ['history']);
});

test('a proxy that cuts the connection is not noticed', async t => {
  const { servers, front, tab } = await setUp(t);
  const { ask, shows, showsPart, messages, idle, alerts } = await tab();
  await ask('How [hold] is [hold] Oslo?');
  await showsPart('assistant: How');
  front.use(servers[0]);
  await go(servers[0]);
  await showsPart('assistant: How is');
  front.use(servers[0]);
  await go(servers[0]);
  await shows('assistant: How is Oslo?');
  await idle();
  assert.deepEqual(await messages(), ['user: How [hold] is [hold] Oslo?', 'assistant: How is Oslo?']);
  assert.equal(await alerts(), 0);
});

test('a cut that lasts is an error, and what has come stays', async t => {
  const { servers, tab } = await setUp(t);
  const { ask, showsPart, alert, messages } = await tab();
  await ask('How is [hold] Oslo?');
  await showsPart('assistant: How is');
  await servers[0].kill();
  await alert('The connection broke');
  assert.deepEqual((await messages()).at(-1), 'assistant: How is ');
});

test('after a cut that lasted, a page that is looked at again goes on in the same message', async t => {
  const { servers, front, tab } = await setUp(t);
  const { page, ask, shows, showsPart, alert, alerts, messages } = await tab();
  await ask('How is [hold] Oslo?');
  await showsPart('assistant: How is');
  front.use({ url: 'http://127.0.0.1:1' });
  await alert('The network failed');
  front.use(servers[0]);
  await go(servers[0]);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await shows('assistant: How is Oslo?');
  assert.deepEqual(await messages(), ['user: How is [hold] Oslo?', 'assistant: How is Oslo?']);
  assert.equal(await alerts(), 0);
});

test('a server that has forgotten the answer is an error', async t => {
  const { servers, front, tab } = await setUp(t, 2);
  const { ask, showsPart, alert, messages } = await tab();
  await ask('How is [hold] Oslo?');
  await showsPart('assistant: How is');
  front.use(servers[1]); // they share no log
  await alert(/./);
  assert.deepEqual((await messages()).at(-1), 'assistant: How is ');
});

test('another node goes on with the answer, for the page and for one that is loaded again', async t => {
  const { servers, front, tab } = await setUp(t, 2, { REDIS_URL: await redis() });
  const first = await tab();
  await first.ask('How [hold] is [hold] Oslo?');
  await first.showsPart('assistant: How');
  front.use(servers[1]);
  await go(servers[0]);
  await first.showsPart('assistant: How is');
  await first.reload();
  await first.showsPart('assistant: How is');
  await go(servers[0]);
  await first.shows('assistant: How is Oslo?');
  await first.idle();
  assert.equal(await first.alerts(), 0);
});

test('stop stops the model, what has come stays, and there is nothing to resume', async t => {
  const { servers, tab, stored } = await setUp(t);
  const { page, ask, showsPart, stop, idle, messages, alerts, reload } = await tab();
  await ask('I go [endless]');
  await showsPart('assistant: I go on and');
  await stop();
  assert.equal(await servers[0].line(), 'the endless answer was dropped');
  await idle();
  assert.match((await messages())[1], /^assistant: I go on and/);
  assert.equal(await alerts(), 0);
  await page.waitForFunction(() => !localStorage.getItem('outflow-chat:oslo'));
  await reload();
  await idle();
  assert.deepEqual(await stored(page), ['history']);
});

test('stop in a page that has resumed stops the model, and the other tab sees the end', async t => {
  const { servers, tab } = await setUp(t);
  const first = await tab();
  await first.ask('I go [endless]');
  await first.showsPart('assistant: I go on and');
  const second = await tab();
  await second.showsPart('assistant: I go on and');
  await second.stop();
  assert.equal(await servers[0].line(), 'the endless answer was dropped');
  await first.idle();
  assert.equal(await first.alerts(), 0);
});

test('a page that is closed leaves the model alone', async t => {
  const { servers, tab } = await setUp(t);
  const first = await tab();
  await first.ask('How is [hold] Oslo?');
  await first.showsPart('assistant: How is');
  await first.page.close();
  const second = await tab();
  await second.showsPart('assistant: How is');
  await go(servers[0]);
  await second.shows('assistant: How is Oslo?');
});

test('a failure before the first token, and one in mid-answer', async t => {
  const { tab, stored } = await setUp(t);
  const refused = await tab();
  await refused.ask('[refuse]');
  await refused.alert('come back tomorrow');
  await refused.reload();
  await refused.idle();
  assert.equal(await refused.alerts(), 0);
  const failed = await tab();
  await failed.ask('It [fail]');
  await failed.alert('503: the model is overloaded');
  assert.equal((await failed.messages()).at(-1), 'assistant: It ');
  assert.ok(!(await stored(failed.page)).includes('outflow-chat:oslo'));
});

test('an answer after an approval goes on with the message that asked for it, resumed too', async t => {
  const { servers, front } = await setUp(t);
  const items = new Map();
  const storage = {
    getItem: name => items.get(name) ?? null,
    setItem: (name, value) => items.set(name, value),
    removeItem: name => items.delete(name),
  };
  const approval = { id: 'approval-1', approved: true };
  const messages = () => [
    { id: '1', role: 'user', parts: [{ type: 'text', text: '[paid] You have [hold] paid.' }] },
    {
      id: '2',
      role: 'assistant',
      parts: [
        { type: 'text', text: 'Shall I?', state: 'done' },
        { type: 'tool-pay', toolCallId: 'call-1', state: 'approval-responded', input: {}, approval },
      ],
    },
  ];
  const open = () => {
    const transport = new OutflowChatTransport({ api: `${front.url}/answers/run`, storage });
    return new Chat({ id: 'oslo', messages: messages(), transport });
  };
  const first = open();
  const sent = first.sendMessage();
  await until(() => first.lastMessage.parts.at(-1).text === 'You have ');
  const second = open();
  const resumed = second.resumeStream();
  await until(() => second.lastMessage.parts.at(-1).text === 'You have ');
  await go(servers[0]);
  await Promise.all([sent, resumed]);
  for (const { messages, lastMessage, error } of [first, second]) {
    const [before, pay, after] = lastMessage.parts;
    assert.deepEqual([messages.length, lastMessage.id, error], [2, '2', undefined]);
    assert.deepEqual([before.text, pay.state, after.text], ['Shall I?', 'output-available', 'You have paid.']);
  }
});
