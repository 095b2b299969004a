// A page beside answers of which the test controls every byte.

import { readFile } from 'node:fs/promises';

import { serve } from '../../../runtime/client/test/support/server.mjs';

const script = await readFile(new URL('../../../runtime/client/outflow.js', import.meta.url));

const PAGE = '<!doctype html><title>raw</title>';

/**
 * Serves an empty page and the client, and leaves the rest to `answer`.
 *
 * @param {import('node:test').TestContext} t
 * @param {(connection) => unknown} answer
 * @param {string[]} [fields] Header fields of the page, which is there also as `/with-script`.
 */
export function servePage(t, answer, fields = []) {
  return serve(t, connection => {
    const { path } = connection.request;
    if (path === '/') return send(connection, 'text/html', PAGE, fields);
    if (path === '/with-script')
      return send(connection, 'text/html', `${PAGE}<script src="/outflow.js"></script>`, fields);
    if (path === '/outflow.js') return send(connection, 'text/javascript; charset=utf-8', script);
    if (path === '/favicon.ico') return connection.head('404 Not Found', 'content-length: 0');
    return answer(connection);
  });
}

function send(connection, type, body, fields = []) {
  connection
    .head('200 OK', `content-type: ${type}`, ...fields)
    .chunk(body)
    .end();
}
