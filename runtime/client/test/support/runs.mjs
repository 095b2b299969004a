// A server of resumable runs with the protocol of the real one: a log of numbered packets, a key, and connections that
// follow the log.

import { event, serve } from './server.mjs';

/**
 * Serves one action, `/chat`. Every POST with a new key starts a run, whose log the test sets.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options]
 * @param {(connection, follower) => unknown} [options.follow] Serves one connection, instead of writing the whole
 *   log. `follower.index` counts connections from 0.
 */
export async function serveRuns(t, { follow = (_, { write }) => write() } = {}) {
  const runs = new Map(); // by key
  const requests = [];
  const server = { runs, requests, started: 0, hidden: false };
  let followers = 0;

  server.url = await serve(t, connection => {
    const { method, headers } = connection.request;
    const [path] = connection.request.path.split('?');
    requests.push(connection.request);
    const key = (headers['run-key'] ?? headers['idempotency-key'])?.replaceAll('"', '');
    if (path === '/chat' && method === 'POST' && key?.length >= 22) {
      if (!runs.has(key)) runs.set(key, { id: `r${++server.started}`, log: [...server.script], gone: false });
    }
    const run = runs.get(key);
    if (!run || (path !== '/chat' && path !== `/chat/runs/${run.id}`)) return refuse(connection, 404, 'unknown');
    if (method === 'DELETE') {
      run.log = [...run.log.slice(0, 2), END.cancelled];
      return connection.head('202 Accepted', 'content-length: 0');
    }
    if (method === 'HEAD') return connection.head('200 OK', `run-state: ${run.state ?? 'open'}`, 'content-length: 0');
    if (run.gone) return refuse(connection, 410, 'gone');
    const cursor = Number(headers['last-event-id'] ?? 0);
    if (cursor >= run.log.length && run.log.length) return connection.head('204 No Content', 'content-length: 0');
    const location = server.hidden ? [] : [`location: ${path === '/chat' ? '' : '../../'}chat/runs/${run.id}`];
    follow(connection, {
      index: followers++,
      run,
      cursor,
      /** Writes the head, and the packets after the cursor, up to number `last`. */
      write(last = Infinity, first = cursor + 1) {
        connection.head('200 OK', 'content-type: text/event-stream', ...location);
        connection.chunk(`retry: 1\nid: ${cursor}\n\n`);
        for (let seq = first; seq <= Math.min(last, run.log.length); seq++) {
          connection.chunk(`id: ${seq}\n${run.log[seq - 1]}`);
        }
        if (last >= run.log.length) connection.end();
        return connection;
      },
    });
  });
  server.url += 'chat';
  /** The log of the next run. */
  server.script = [event('a'), event('b'), event('c'), event({ tokens: 3 }, 'done')];
  return server;
}

const problem = (name, status) =>
  event({ type: `https://outflow.example/problems/${name}`, title: name, status }, 'error');

/** Endings that only runs have. */
export const END = { cancelled: problem('cancelled', 499), lost: problem('lost', 500), gone: problem('gone', 410) };

function refuse(connection, status, name) {
  const body = JSON.stringify({ type: `https://outflow.example/problems/${name}`, title: name, status });
  connection.head(`${status} ${name}`, 'content-type: application/problem+json').chunk(body).end();
}
