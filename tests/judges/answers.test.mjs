// Clients and a validator of AI protocols in Python, before actions that answer as a model does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { run } from './run.mjs';
import { serve } from './serve.mjs';

const { PYTHON, AG_UI_VALIDATE, OUTFLOW_ANSWERS } = process.env;

const cwd = fileURLToPath(new URL('answers', import.meta.url));

for (const client of ['openai', 'anthropic']) {
  test(`the client \`${client}\` for Python`, async t => {
    const { url, lines } = await serve(t, OUTFLOW_ANSWERS);
    // Without `-B` it leaves its byte code beside the tests.
    run({ cwd, env: { ANSWERS: url } }, PYTHON, '-B', '-m', 'unittest', `${client}_test.py`);
    const { value: line } = await lines.next();
    assert.equal(line, 'the endless answer was dropped', 'a client that stops ends the action');
  });
}

test('ag-ui-validate finds neither errors nor warnings', async t => {
  const { url } = await serve(t, OUTFLOW_ANSWERS);
  for (const action of ['everything', 'echo', 'calls', 'fails']) {
    const args = [`${url}/answers/${action}/run`, '--json', '--max-warnings', '0'];
    const { eventCount, internalErrors } = JSON.parse(run({}, AG_UI_VALIDATE, ...args));
    assert.ok(eventCount >= 5, `${action}: ${eventCount} events`);
    assert.deepEqual(internalErrors, []);
  }
});
