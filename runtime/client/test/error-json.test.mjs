// A failure as JSON, as loggers write it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StreamError, stream } from '../outflow.mjs';
import { failure } from './support/observe.mjs';
import { serveInTurn } from './support/server.mjs';

const logged = error => JSON.parse(JSON.stringify(error));

test('the failure of a server', async t => {
  const problem = { type: 'about:blank', status: 409, detail: 'sold out' };
  const { url } = await serveInTurn(t, connection =>
    connection.head('409 Conflict', 'content-type: application/problem+json').chunk(JSON.stringify(problem)).end(),
  );
  assert.deepEqual(logged(await failure(stream(url))), {
    name: 'StreamError',
    message: 'sold out',
    code: 'http',
    status: 409,
    detail: 'sold out',
    problem,
    body: problem,
    url,
    packets: 0,
    bytes: 0,
    attempt: 1,
    retryable: false,
  });
});

test('a broken connection, whose cause is text', async t => {
  const { url } = await serveInTurn(t, connection => connection.reset());
  const error = await failure(stream(url));
  const { name, message, code, retryable, cause } = logged(error);
  assert.deepEqual(
    { name, message, code, retryable, cause },
    { name: 'StreamError', message: error.message, code: 'network', retryable: true, cause: String(error.cause) },
  );
});

test('an error that a caller makes', () => {
  const error = new StreamError('parse', 'no', { raw: '{' });
  assert.equal(logged({ error }).error.raw, '{');
  assert.deepEqual(Object.keys(logged(error)).sort(), [
    'attempt',
    'bytes',
    'code',
    'message',
    'name',
    'packets',
    'raw',
    'retryable',
    'url',
  ]);
});
