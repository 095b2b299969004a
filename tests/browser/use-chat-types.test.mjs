// The declarations of `outflow/ai-sdk` name nothing of the AI SDK. The compiler says that they are what it asks for.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = name => fileURLToPath(new URL(name, import.meta.url));

test('the transport is a `ChatTransport` of the messages that it is made for', async () => {
  const args = [path('node_modules/typescript/bin/tsc'), '--project', path('types/tsconfig.json')];
  const said = await new Promise(resolve => {
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve(error ? `${stdout}${stderr}` || String(error) : ''),
    );
  });
  assert.equal(said, '');
});
