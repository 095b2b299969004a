// Clients and a validator of AI protocols in Python, before actions that answer as a model does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { run } from './run.mjs';
import { serve } from './serve.mjs';

const { PYTHON, OUTFLOW_ANSWERS } = process.env;

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

test('`ag-ui-validate`', async t => {
  const { url } = await serve(t, OUTFLOW_ANSWERS);
  run({ cwd, env: { ANSWERS: url } }, PYTHON, '-B', '-W', 'ignore', '-m', 'unittest', 'ag_ui_test.py');
});
