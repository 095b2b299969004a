// Several nodes: the Redis that they share, and the address in front of them.

import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { after } from 'node:test';

/** Starts a Redis that stores nothing on disk, and returns its URL. */
export async function redis() {
  const port = await new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => child.kill('SIGKILL'));
  for await (const text of child.stdout) if (`${text}`.includes('Ready to accept')) break;
  child.stdout.resume();
  return `redis://127.0.0.1:${port}`;
}

/** A load balancer: one address, whose connections go to the node that is set. */
export async function balancer(t) {
  const open = new Set();
  let node;
  const server = createServer(client => {
    const { hostname, port } = new URL(node);
    const upstream = connect(port, hostname);
    join(client, upstream);
    join(upstream, client);
  });
  function join(from, to) {
    open.add(from);
    from.on('error', () => {}); // a node that was killed
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Sends new connections to this node, and cuts those to the other. */
    use({ url }) {
      node = url;
      for (const socket of open) socket.destroy();
    },
  };
}
