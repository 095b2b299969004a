// The servers under test: the project's own binaries, each on a port of its own.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const binary = (variable, path) => process.env[variable] ?? fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const BINARIES = {
  chat: binary('OUTFLOW_CHAT', 'target/debug/examples/chat'),
  counter: binary('OUTFLOW_COUNTER', 'target/debug/examples/counter'),
  fixture: binary('OUTFLOW_FIXTURE', 'target/debug/fixture'),
  jobs: binary('OUTFLOW_JOBS', 'target/debug/examples/jobs'),
  upload: binary('OUTFLOW_UPLOAD', 'target/debug/examples/upload'),
};

/**
 * Starts a server, which says where it listens.
 *
 * @param {keyof typeof BINARIES} name
 * @param {Record<string, string>} [env] What its environment has beside; `ADDR` says where it is to listen.
 */
export async function start(name, env) {
  const child = spawn(BINARIES[name], {
    env: { ...process.env, ADDR: '127.0.0.1:0', RUST_BACKTRACE: '0', ...env }, // some panics are meant
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise(resolve => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    child.once('error', reject);
    exited.then(code => reject(new Error(`${BINARIES[name]} ended with ${code} before it listened`)));
    createInterface(child.stdout).on('line', line => {
      const found = /^listening on (http:\/\/\S+)$/.exec(line);
      if (found) resolve(found[1]);
    });
  });
  return {
    url,
    /** Ends it without any goodbye. */
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
