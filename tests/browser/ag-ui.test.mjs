// AG-UI's HttpAgent, with its verifier, reads an action that offers several protocols.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HttpAgent } from '@ag-ui/client';

import { start } from './support/servers.mjs';

/** An agent with one message, and the types of the events that it has seen. */
function agent(server, action, text = 'How is Oslo?') {
  const agent = new HttpAgent({
    url: `${server.url}/answers/${action}/chat/completions`,
    threadId: 'thread-7',
    initialMessages: [{ id: '1', role: 'user', content: text }],
  });
  const events = [];
  agent.subscribe({ onEvent: ({ event }) => void events.push(event) });
  return { agent, events };
}

test('every part of an answer arrives, in an order that the verifier accepts', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { agent: it, events } = agent(server, 'everything');
  const { result, newMessages } = await it.runAgent({ runId: 'run-8' });
  assert.deepEqual(result, { model: 'stand-in' });
  assert.deepEqual([events[0].threadId, events[0].runId], ['thread-7', 'run-8']);
  assert.equal(events.at(-1).usage[0].totalTokens, 46);
  assert.deepEqual(
    newMessages.map(({ role, content, toolCalls }) => [role, content ?? toolCalls.map(call => call.function)]),
    [
      ['reasoning', 'Where is Oslo?'],
      ['assistant', [{ name: 'weather', arguments: '{"city":"Oslo"}' }]],
      ['tool', '{"sky":"rain"}'],
      ['assistant', [{ name: 'map', arguments: '{"zoom":3}' }]],
      ['tool', 'no map'],
      ['assistant', 'It rains.'],
    ],
  );
  const custom = events.filter(event => event.type === 'CUSTOM').map(event => event.name);
  assert.deepEqual(custom, ['source', 'file', 'mood', 'rain']);
  const steps = events.filter(event => event.type.startsWith('STEP')).map(event => event.stepName);
  assert.deepEqual(steps, ['look', 'look', 'say', 'say']);
});

test('a failure before the first packet is a failed request, and a later one an error of the run', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  t.mock.method(console, 'error', () => {}); // where the agent reports failures too
  await assert.rejects(agent(server, 'refuses').agent.runAgent(), { status: 429 });
  const { agent: it, events } = agent(server, 'fails');
  await it.runAgent().catch(() => {});
  const { type, message, code } = events.at(-1);
  assert.deepEqual([type, message, code], ['RUN_ERROR', 'the model is overloaded', '503']);
});

test('an agent that is aborted ends the action', async t => {
  const server = await start('answers');
  t.after(() => server.kill());
  const { agent: it } = agent(server, 'endless');
  it.subscribe({ onTextMessageContentEvent: () => it.abortRun() });
  await it.runAgent();
  assert.equal(await server.line(), 'the endless answer was dropped');
});
