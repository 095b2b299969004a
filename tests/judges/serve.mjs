// The servers under test, each on a port of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Starts a server, which is killed at the end of the test.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ url: string, lines: AsyncIterator<string> }>} Its address, and what else it prints.
 */
export async function serve(t, program, ...args) {
  const server = spawn(program, args, {
    env: { ...process.env, ADDR: '127.0.0.1:0', RUST_BACKTRACE: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  t.after(async () => {
    server.kill();
    await exited;
  });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const { value: line } = await lines.next();
  return { url: /http:\S+/.exec(line)[0], lines };
}
