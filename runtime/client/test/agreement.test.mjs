// The types that Outflow writes are those that `json-schema-to-typescript` makes of the same schemas.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { compile } from 'json-schema-to-typescript';

const path = name => fileURLToPath(new URL(name, import.meta.url));
const tsc = path('../node_modules/typescript/bin/tsc');
const routes = path('types/routes/');

/** Schemas of which it makes something else, and why. */
const OTHERS = {
  Boxed: 'a type that refers to itself in a circle, which TypeScript refuses',
  OtherBoxed: 'the same',
  Empty: 'an interface that is not of the type of all objects',
  External: 'it does not know `prefixItems`',
  TupleStruct: 'the same',
  Tuples: 'the same',
  Internal: 'it ignores a `$ref` that has other keywords beside it',
};

/** The names that a schema has in our file. */
const OURS = { string: 'string2' };

test('both make the same types of the same schemas', async t => {
  const schemas = JSON.parse(await readFile(`${routes}shapes.json`, 'utf8'));
  for (const name of ['Boxed', 'OtherBoxed']) delete schemas[name];
  const names = Object.keys(schemas);
  const all = {
    type: 'object',
    properties: Object.fromEntries(names.map(name => [name, { $ref: `#/components/schemas/${name}` }])),
    required: names,
    components: { schemas },
  };
  const theirs = await compile(all, 'All', { additionalProperties: false, bannerComment: '', format: false });
  const comparisons = names.map(
    name => `${name in OTHERS ? '// @ts-expect-error\n' : ''}same<ours.${OURS[name] ?? name}, All['${name}']>(true);`,
  );
  const program = [
    `import type * as ours from '${routes}shapes.js';`,
    theirs,
    'declare function same<A, B>(_: [A, B] extends [B, A] ? true : false): void;',
    ...comparisons,
  ];
  const folder = await mkdtemp(join(tmpdir(), 'outflow-types-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'program.ts');
  await writeFile(file, program.join('\n'));
  const options = '--noEmit --strict --target es2022 --module nodenext --ignoreConfig --types'.split(' ');
  const output = await new Promise(resolve =>
    execFile(process.execPath, [tsc, ...options, '', file], (error, stdout, stderr) =>
      resolve(error ? stdout + stderr : ''),
    ),
  );
  assert.equal(output, '');
  assert(names.length - Object.keys(OTHERS).length >= 18, 'most of them are compared');
});
