// Judges in Python: another validator, and a tester that sends what a document allows and checks each answer, every
// event of a stream included, against it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { documents } from './documents.mjs';
import { run } from './run.mjs';
import { serve } from './serve.mjs';

const { PYTHON, SCHEMATHESIS, OUTFLOW_DOCUMENTS, OUTFLOW_SERVER } = process.env;

test('openapi-spec-validator accepts every document', () => {
  run({}, PYTHON, '-m', 'openapi_spec_validator', ...documents().map(({ path }) => path));
});

// What a server accepts beyond a schema, or less (a `u32` that does not fit), is serde's choice and not of interest here.
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
].join(',');

test('Schemathesis finds no answer that the document does not describe', async t => {
  const { url } = await serve(t, OUTFLOW_SERVER, 'serve');
  const said = run(
    { cwd: OUTFLOW_DOCUMENTS },
    SCHEMATHESIS,
    ...['run', `${url}/openapi.json`, '--checks', CHECKS],
    ...['--max-examples', '20', '--seed', '1', '--no-color', '--generation-database', 'none'],
  );
  const tested = Number(/Tested: (\d+)/.exec(said)?.[1]);
  assert.ok(tested >= 15, said);
});
