// WebKitGTK as one of the engines: Debian's `WebKitWebDriver`, driven by WebDriver requests, on a virtual display.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const BROWSER = process.env.MINIBROWSER ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

export async function launch() {
  const display = await startDisplay();
  const port = await freePort();
  const env = {
    ...process.env,
    DISPLAY: `:${display.number}`,
    // The sandbox needs permissions that containers rarely have.
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
  };
  const driver = spawn(DRIVER, [`--port=${port}`], { env, stdio: 'ignore' });
  const failed = once(driver, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});

  /** Sends a command to the driver, and returns the value of its response. */
  async function ask(method, path, body) {
    const init = { method, body: body && JSON.stringify(body) };
    const response = await Promise.race([fetch(`http://127.0.0.1:${port}${path}`, init), failed]);
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  await until(() => ask('GET', '/status'));
  const options = { binary: BROWSER, args: ['--automation'] };
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options, timeouts: { script: 60_000 } } };
  const { sessionId } = await ask('POST', '/session', { capabilities });
  const session = `/session/${sessionId}`;

  /** Runs a function in the current page. An exception there is thrown here too. */
  async function evaluate(inPage, argument = null) {
    const script = `
      const [argument, answer] = arguments;
      Promise.resolve(argument).then(${inPage}).then(
        value => answer({ value }),
        error => answer({ error: String(error) }),
      );
    `;
    const { value, error } = await ask('POST', `${session}/execute/async`, { script, args: [argument] });
    if (error) throw new Error(error);
    return value;
  }

  return {
    /** Opens a page, which replaces the one before. */
    async open(url) {
      await ask('POST', `${session}/url`, { url });
      return {
        evaluate,
        script: src =>
          evaluate(src => {
            const script = Object.assign(document.createElement('script'), { src });
            document.head.append(script);
            return new Promise((resolve, reject) => {
              script.onload = () => resolve();
              script.onerror = () => reject(new Error(`${src} did not load`));
            });
          }, src),
      };
    },
    async close() {
      await ask('DELETE', session);
      driver.kill();
      display.kill();
    },
  };
}

/** Starts an X server without a screen. It chooses its own display number. */
async function startDisplay() {
  const child = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '1024x768x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [number] = await Promise.race([
    once(child.stdio[3], 'data'),
    once(child, 'error').then(([error]) => Promise.reject(error)),
  ]);
  return { number: Number(number), kill: () => child.kill() };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Repeats an attempt for up to a minute, until it does not throw. */
async function until(attempt) {
  for (let left = 1200; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(50);
    }
  }
}
