// Plain Node: `http` and nothing else.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setInterval } from 'node:timers/promises';

const PERIOD = 100;

const send = (response, packet) => response.write(`data: ${JSON.stringify(packet)}\n\n`);

const streams = {
  async burst(response, n) {
    for (let i = 0; i < n; i++) {
      if (!send(response, `i=${i}`)) {
        await once(response, 'drain');
      }
    }
    response.end();
  },

  async sparse(response, n) {
    let sent = 0;
    const tick = () => {
      // The monotonic clock in nanoseconds, as the other servers send it.
      response.write(`data: ${process.hrtime.bigint()}\n\n`);
      return ++sent === n;
    };
    if (!tick()) {
      for await (const _ of setInterval(PERIOD)) {
        if (tick()) break;
      }
    }
    response.end();
  },

  idle(response) {
    send(response, 'open');
    // As often as axum's `KeepAlive`.
    const beat = globalThis.setInterval(() => response.write(':\n\n'), 15_000);
    response.on('close', () => clearInterval(beat));
  },
};

const server = createServer((request, response) => {
  const [, , name, n] = request.url.split('/');
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  streams[name](response, Number(n));
});

server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
