// For `node --import`: prints the URL of every module that is loaded.

import { register } from 'node:module';

const hooks = `
  import { writeSync } from 'node:fs';
  export function load(url, context, next) {
    writeSync(1, url + '\\n');
    return next(url, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
