// Judges in Python: another validator, and a tester that sends what a document allows and checks each answer, every
// event of a stream included, against it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { documents } from './documents.mjs';

const { PYTHON, SCHEMATHESIS, OUTFLOW_DOCUMENTS, OUTFLOW_SERVER } = process.env;

/** Runs a program to its end, where it may leave files, and fails with what it has printed. */
function run(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', cwd: OUTFLOW_DOCUMENTS });
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stdout}\n${stderr}\n${error}`);
  return stdout;
}

test('openapi-spec-validator accepts every document', () => {
  run(PYTHON, '-m', 'openapi_spec_validator', ...documents().map(({ path }) => path));
});

/** A server of the documents' controllers, and its address. */
async function serve(t) {
  const server = spawn(OUTFLOW_SERVER, ['serve'], {
    env: { ...process.env, ADDR: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill());
  const [line] = await once(server.stdout, 'data');
  return /http:\S+/.exec(line)[0];
}

// What a server accepts beyond a schema, or less (a `u32` that does not fit), is serde's choice and not of interest here.
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
].join(',');

test('Schemathesis finds no answer that the document does not describe', async t => {
  const url = await serve(t);
  const said = run(
    SCHEMATHESIS,
    ...['run', `${url}/openapi.json`, '--checks', CHECKS],
    ...['--max-examples', '20', '--seed', '1', '--no-color', '--generation-database', 'none'],
  );
  const tested = Number(/Tested: (\d+)/.exec(said)?.[1]);
  assert.ok(tested >= 15, said);
});
