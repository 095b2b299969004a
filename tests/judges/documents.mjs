// The documents to judge: each `*.json` in the folder that `OUTFLOW_DOCUMENTS` names.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.OUTFLOW_DOCUMENTS;
if (!folder) throw new Error('`cargo xtask test judges` sets OUTFLOW_DOCUMENTS to the folder of the documents');

/** The documents whose file names match, as `{ name, path, text }`. */
export function documents(pattern = /\.json$/) {
  const names = readdirSync(folder).filter(name => name.endsWith('.json') && pattern.test(name));
  if (!names.length) throw new Error(`no document in ${folder} matches ${pattern}`);
  return names.sort().map(name => {
    const path = join(folder, name);
    return { name, path, text: readFileSync(path, 'utf8') };
  });
}
