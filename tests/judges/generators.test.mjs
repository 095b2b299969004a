// Generators of TypeScript for OpenAPI 3.1 take our documents, and programs that use their output compile.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { documents } from './documents.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const script = path => join(here, 'node_modules', path);
const [{ path: DOCUMENT }] = documents(/^words\.v3_1/);
const TSC = script('typescript/bin/tsc');
const OPTIONS =
  '--noEmit --strict --target es2022 --lib es2022,dom,dom.iterable --module esnext --moduleResolution bundler';

/** Runs a script of Node. What it prints is the message of its failure. */
const run = (...args) =>
  new Promise((resolve, reject) =>
    execFile(process.execPath, args, { cwd: here }, (error, stdout, stderr) =>
      error ? reject(new Error(stdout + stderr)) : resolve(stdout),
    ),
  );

for (const { name, generate } of [
  {
    name: 'openapi-typescript',
    generate: folder =>
      run(script('openapi-typescript/bin/cli.js'), DOCUMENT, '--output', join(folder, 'generated.d.ts')),
  },
  {
    name: 'hey-api',
    generate: folder =>
      run(
        script('@hey-api/openapi-ts/bin/run.js'),
        '--input',
        DOCUMENT,
        '--output',
        join(folder, 'generated'),
        '--no-log-file',
      ),
  },
]) {
  test(`a program with the types of ${name} compiles`, async t => {
    const folder = await mkdtemp(join(here, 'node_modules', '.generated-'));
    t.after(() => rm(folder, { recursive: true }));
    await generate(folder);
    const program = join(folder, 'program.ts');
    await cp(join(here, 'programs', `${name}.ts`), program);
    assert.equal(await run(TSC, ...OPTIONS.split(' '), program), '');
  });
}
