// The servers under test: binaries of this project, each on its own port.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const binary = (variable, path) => process.env[variable] ?? fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const BINARIES = {
  answers: binary('OUTFLOW_ANSWERS', 'target/debug/answers'),
  api: binary('OUTFLOW_API', 'target/debug/api'),
  board: binary('OUTFLOW_BOARD', 'target/debug/examples/board'),
  chat: binary('OUTFLOW_CHAT', 'target/debug/examples/chat'),
  counter: binary('OUTFLOW_COUNTER', 'target/debug/examples/counter'),
  fixture: binary('OUTFLOW_FIXTURE', 'target/debug/fixture'),
  jobs: binary('OUTFLOW_JOBS', 'target/debug/examples/jobs'),
  shop: binary('OUTFLOW_SHOP', 'target/debug/examples/shop'),
  tls: binary('OUTFLOW_TLS', 'target/debug/examples/tls'),
  upload: binary('OUTFLOW_UPLOAD', 'target/debug/examples/upload'),
};

/**
 * Starts a server, and reads its address from its output.
 *
 * @param {keyof typeof BINARIES} name
 * @param {Record<string, string>} [env] Additional environment variables. `ADDR` is the address to listen on.
 */
export async function start(name, env) {
  const child = spawn(BINARIES[name], {
    env: { ...process.env, ADDR: '127.0.0.1:0', RUST_BACKTRACE: '0', ...env }, // some panics are part of a test
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise(resolve => child.once('exit', resolve));
  const lines = [];
  const waiting = [];
  const url = await new Promise((resolve, reject) => {
    child.once('error', reject);
    exited.then(code => reject(new Error(`${BINARIES[name]} ended with ${code} before it listened`)));
    createInterface(child.stdout).on('line', line => {
      const found = /^listening on (https?:\/\/\S+)$/.exec(line);
      if (found) resolve(found[1]);
      else if (waiting.length) waiting.shift()(line);
      else lines.push(line);
    });
  });
  return {
    url,
    /** The next line that the server prints. */
    line() {
      return lines.length ? Promise.resolve(lines.shift()) : new Promise(resolve => waiting.push(resolve));
    },
    /** Kills the server without a shutdown. */
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
