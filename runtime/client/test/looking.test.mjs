// Looking at a stream, as loggers, copies and watchers do, has no effect.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify, inspect } from 'node:util';

import { stream } from '../outflow.mjs';
import { reports, until } from './support/observe.mjs';

const unreachable = async () => {
  throw new TypeError('the network is down');
};

test('copying or printing a stream starts nothing, and shows no secret', async t => {
  const reported = reports(t);
  const looked = stream('/', { fetch: unreachable, resumable: true, reconnect: { retries: 0 } });
  const seen = [JSON.stringify(looked), Object.keys({ ...looked }).join(), inspect(looked)];
  for (const name in looked) if (looked[name] instanceof Promise) assert.fail(`${name} is a promise`);
  for (const text of seen) assert.equal(text.includes(looked.handle.key), false);
  assert.match(seen[0], /"state":"connecting"/);
  await until(() => looked.state === 'failed' && reported.length);
  assert.equal(reported[0].code, 'retries', 'a failure that nobody handles is still reported');
});

/** The unhandled rejections in a process that runs this, with a stream `s` that fails. */
async function rejections(code) {
  const script = `
    import { stream } from ${JSON.stringify(new URL('../outflow.mjs', import.meta.url))};
    process.on('unhandledRejection', error => console.log(error.code));
    const s = stream('/', { fetch: async () => Promise.reject(new TypeError('the network is down')) });
    ${code}
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return stdout;
}

test('a failure that `fail` gets is no unhandled rejection of `result` and `response`', async () => {
  for (const name of ['result', 'response']) {
    assert.equal(await rejections(`s.fail(() => {}); s.${name};`), '');
    assert.equal(await rejections(`s.${name}; s.fail(() => {});`), '');
  }
  assert.equal(await rejections(`s.result;`), 'network\n');
  assert.equal(await rejections(`s.always(() => {}); s.result;`), 'network\n');
});
