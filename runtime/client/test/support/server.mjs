// A server that controls every byte, chunk and end of a connection, also the wrong ones that an HTTP library would not
// send.

import { once } from 'node:events';
import { createServer } from 'node:net';

export const SSE = 'content-type: text/event-stream';

/**
 * Listens until the test ends, and passes every request to `answer`.
 *
 * @param {import('node:test').TestContext} t
 * @param {(connection: Connection) => unknown} answer
 * @returns {Promise<string>} The URL.
 */
export async function serve(t, answer) {
  const sockets = new Set();
  const server = createServer(socket => {
    sockets.add(socket);
    const connection = new Connection(socket);
    socket.on('data', bytes => connection.receive(bytes) && answer(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/**
 * Answers each request with the next of these functions, and all further requests with the last one.
 *
 * @param {import('node:test').TestContext} t
 * @param {...(connection: Connection) => unknown} answers
 * @returns {Promise<{ url: string, requests: object[] }>}
 */
export async function serveInTurn(t, ...answers) {
  const requests = [];
  const url = await serve(t, connection => {
    requests.push(connection.request);
    answers[Math.min(requests.length, answers.length) - 1](connection);
  });
  return { url, requests };
}

class Connection {
  #socket;
  #received = Buffer.alloc(0);
  /** The request that is being answered: `method`, `path`, `headers`, `body`. */
  request;
  /** Resolves when either side has closed the connection. */
  closed;

  constructor(socket) {
    this.#socket = socket.setNoDelay();
    this.closed = new Promise(resolve => socket.on('close', resolve));
    socket.on('error', () => {}); // a client may reset the connection
  }

  /** Adds received bytes. Returns whether a request is complete. */
  receive(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [line, ...fields] = this.#received.subarray(0, end).toString().split('\r\n');
    const [method, path] = line.split(' ');
    const headers = Object.fromEntries(fields.map(field => field.toLowerCase().split(/: (.*)/s)));
    const length = Number(headers['content-length'] ?? 0);
    const body = this.#received.subarray(end + 4, end + 4 + length);
    if (body.length < length) return false;
    this.#received = this.#received.subarray(end + 4 + length);
    this.request = { method, path, headers, body: body.toString() };
    return true;
  }

  /** Writes bytes as they are. Returns whether there is room for more. */
  write(bytes) {
    return this.#socket.write(bytes);
  }

  /** Writes a head. Without a content length the body is chunked. */
  head(status, ...fields) {
    const isSized = fields.some(field => field.startsWith('content-length'));
    this.write(
      [`HTTP/1.1 ${status}`, ...fields, ...(isSized ? [] : ['transfer-encoding: chunked']), '', ''].join('\r\n'),
    );
    return this;
  }

  /** Writes the head of an event stream. @param {...string} fields Further ones. */
  sse(...fields) {
    return this.head('200 OK', SSE, ...fields);
  }

  /** Writes chunks of the body. */
  chunk(...texts) {
    for (const text of texts) {
      const bytes = Buffer.from(text);
      this.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
    }
    return this;
  }

  /** Ends the body cleanly. */
  end() {
    this.write('0\r\n\r\n');
  }

  /** Waits until the client reads on. */
  drained() {
    return once(this.#socket, 'drain');
  }

  /** Closes the connection cleanly, even within the body. */
  close() {
    this.#socket.end();
  }

  /** Resets the connection. */
  reset() {
    this.#socket.resetAndDestroy();
  }
}

/** An event with JSON in it. */
export const event = (data, name) => `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

/** An event with an id and, unless told otherwise, that id as its data. */
export const eventWithId = (id, data = id) => `id: ${id}\n${event(data)}`;

/** The end, without a result. */
export const DONE = 'event: done\nid: outflow-end\ndata:\n\n';
