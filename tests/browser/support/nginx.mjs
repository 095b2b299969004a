// A real nginx in front of a server, with its default `proxy_buffering on`.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from '../../../runtime/client/test/support/observe.mjs';

/** A single process that writes only to its own folder. */
const config = (port, upstream) => `
  daemon off;
  master_process off;
  pid nginx.pid;
  error_log error.log;
  events { worker_connections 256; }
  http {
    access_log off;
    client_body_temp_path client;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass ${upstream};
        proxy_http_version 1.1;
      }
    }
  }`;

/**
 * Starts nginx until the test ends.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} upstream The URL of what it is in front of.
 * @returns {Promise<string>} Its own URL.
 */
export async function startNginx(t, upstream) {
  const dir = await mkdtemp(join(tmpdir(), 'outflow-nginx-'));
  const port = await freePort();
  await writeFile(join(dir, 'nginx.conf'), config(port, upstream));
  // Debian installs it where only root's `PATH` leads.
  const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin`;
  const args = ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'error.log'];
  const child = spawn('nginx', args, { env: { ...process.env, PATH }, stdio: 'ignore' });
  const exited = new Promise(resolve => child.once('exit', resolve).once('error', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(dir, { recursive: true });
  });
  // nginx writes this file when it listens.
  const listens = async () => (await readFile(join(dir, 'nginx.pid')).catch(() => '')).length > 0;
  const over = exited.then(async reason => {
    const log = await readFile(join(dir, 'error.log'), 'utf8').catch(() => '');
    throw new Error(`nginx did not start (${reason}): ${log}`);
  });
  over.catch(() => {}); // it ends with the test
  await until(() => Promise.race([listens(), over]));
  return `http://127.0.0.1:${port}/`;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
