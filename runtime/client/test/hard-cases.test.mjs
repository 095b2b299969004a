// The table of hard cases names only tests that exist.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const read = path => readFile(new URL(path, import.meta.url), 'utf8');

test('every hard case has a test that exists', async () => {
  const table = await read('hard-cases.md');
  const rows = [...table.matchAll(/^\| (\d+) \| (.+?) \| `(\S+)` \| (.+) \|$/gm)];
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 95 }, (_, i) => i + 1),
  );
  for (const [, number, what, file, name] of rows) {
    const tests = await read(file);
    // The whole title, in the quotes of JavaScript or JSON.
    assert.ok(
      ["'", '`', '"'].some(quote => tests.includes(`${quote}${name}${quote}`)),
      `case ${number} (${what}): ${file} has no test \`${name}\``,
    );
  }
});
