// A page, and responses whose every byte the test controls.

import { readFile } from 'node:fs/promises';

import { serve } from '../../../runtime/client/test/support/server.mjs';

const client = new URL('../../../runtime/client/', import.meta.url);

/** A file of the client, as the server sends it. @param {string} path */
export async function clientFile(path) {
  const name = path === '/outflow.js' ? 'outflow.full.js' : path.slice(1);
  const code = await readFile(new URL(name, client), 'utf8');
  // `outflow.js` is the start of the script that has all modules.
  return path === '/outflow.js' ? code.split('/*! lazy modules */')[0] : code;
}

const PAGE = '<!doctype html><title>raw</title>';

/**
 * Serves an empty page and the client with its lazy modules. `answer` gets all other requests.
 *
 * @param {import('node:test').TestContext} t
 * @param {(connection) => unknown} answer
 * @param {string[]} [fields] Header fields of the page. `/with-script` is the same page with the script.
 */
export function servePage(t, answer, fields = []) {
  return serve(t, async connection => {
    const { path } = connection.request;
    if (path === '/') return send(connection, 'text/html', PAGE, fields);
    if (path === '/with-script')
      return send(connection, 'text/html', `${PAGE}<script src="/outflow.js"></script>`, fields);
    if (/^\/outflow[./]/.test(path)) {
      return send(connection, 'text/javascript; charset=utf-8', await clientFile(path));
    }
    if (path === '/favicon.ico') return connection.head('404 Not Found', 'content-length: 0');
    return answer(connection);
  });
}

/** How long the next page takes, in milliseconds: long enough for a cut to be reported. */
const SLOW_MS = 500;

/**
 * Serves a page with the client, whose streams never end. Whatever page comes next is slow: `answered` resolves when it
 * has been sent. `requests` are the paths of the streams.
 *
 * @param {import('node:test').TestContext} t
 */
export async function serveSlowPage(t) {
  const requests = [];
  let pages = 0;
  let resolve;
  const answered = new Promise(given => (resolve = given));
  const url = await servePage(t, async connection => {
    const { path } = connection.request;
    if (path !== '/page' && path !== '/next') {
      requests.push(path);
      return connection.sse().chunk('data: 1\n\n');
    }
    if (++pages > 1) {
      await new Promise(done => setTimeout(done, SLOW_MS));
      resolve();
    }
    send(connection, 'text/html', PAGE);
  });
  return { url: `${url}page`, requests, answered };
}

function send(connection, type, body, fields = []) {
  connection
    .head('200 OK', `content-type: ${type}`, ...fields)
    .chunk(body)
    .end();
}
