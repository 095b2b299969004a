// The declarations compile in projects with other settings than ours, and say there what they say here.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

/** What the compiler says about a project. */
const compile = (name, folder = 'types/') =>
  new Promise(resolve => {
    const project = fileURLToPath(new URL(`${folder}${name}/tsconfig.json`, import.meta.url));
    execFile(process.execPath, [tsc, '--project', project], (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}` || String(error) : ''),
    );
  });

test('in Node without the DOM', async () => assert.equal(await compile('node'), ''));

test('with the routes of a server, and the packets that it sends', async () =>
  assert.equal(await compile('routes'), ''));

test('in the pages of the examples, with the types of their actions', async () =>
  assert.equal(await compile('examples', '../../../'), ''));

test('with `exactOptionalPropertyTypes`', async () => assert.equal(await compile('exact'), ''));
