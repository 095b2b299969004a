// The programs of others.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/**
 * Runs a program to its end, and fails with what it has printed.
 *
 * @param {{ cwd?: string, env?: Record<string, string> }} options Where it may leave files, and additional variables.
 * @param {string} program
 * @param {string[]} args
 * @returns {string} Its output.
 */
export function run({ cwd, env }, program, ...args) {
  const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stdout}\n${stderr}\n${error}`);
  return stdout;
}
