// A transport for the AI SDK: `useChat` reads a run of the server through this client.

import { stream } from './stream.mjs';

/** @import { PacketStream, RunHandle } from '../index.js' */
/** @import { OutflowChatTransportOptions } from '../ai-sdk.js' */

/** The format, by a name that tells it from the other server-sent events of an action. */
const ACCEPT = 'text/event-stream;profile=ai-sdk';
/** The failures in a row after which the page shows an error: a server that restarts is back before. */
const RETRIES = 10;

/**
 * The latest request to resume each chat. `useChat` aborts the request before it, which is then no wish to stop the model.
 *
 * @type {Map<string, object>}
 */
const latest = new Map();
/** The keys of runs that this page has lost in the middle. Whatever became of them, it still needs their end. */
const lost = new Set();

/** @param {any} value A value, a promise, or a function that returns one of the two. */
const resolve = async value => (typeof value === 'function' ? value() : value);

/** @param {(HeadersInit | undefined)[]} all @returns {Record<string, string>} */
const merge = (...all) => Object.assign({}, ...all.map(some => Object.fromEntries(new Headers(some))));

/** Sends the messages of a chat to a `resumable` action. `ai-sdk.d.ts` says what each member promises. */
export class OutflowChatTransport {
  resumeStreamIsReplay = true;
  #options;

  /** @param {OutflowChatTransportOptions<any>} [options] */
  constructor(options = {}) {
    this.#options = options;
  }

  /** @param {any} request */
  async sendMessages({ chatId: id, messages, trigger, messageId, abortSignal, headers, body, metadata }) {
    const { api = '/api/chat', prepareSendMessagesRequest: prepare, ...own } = this.#options;
    const extra = { ...(await resolve(own.body)), ...body };
    const credentials = await resolve(own.credentials);
    const prepared = await prepare?.({
      ...{ api, id, messages, trigger, messageId, credentials, body: extra, requestMetadata: metadata },
      headers: merge(await resolve(own.headers), headers),
    });
    const json = prepared?.body ?? { ...extra, id, messages, trigger, messageId };
    const options = this.#reading(prepared?.credentials ?? credentials, headers, prepared?.headers);
    if (abortSignal?.aborted) throw abortSignal.reason;
    const answer = stream(prepared?.api ?? api, { ...options, json, resumable: true });
    return this.#read(id, answer, abortSignal, messages.at(-1)?.role === 'assistant');
  }

  /** @param {any} request */
  async reconnectToStream({ chatId: id, abortSignal, headers }) {
    latest.set(id, {});
    const handle = this.#stored(id);
    if (!handle) return null;
    const { run, key, goesOn } = handle;
    const options = this.#reading(await resolve(this.#options.credentials), headers);
    if (!lost.delete(key)) {
      const response = await (options.fetch ?? fetch)(run, {
        method: 'HEAD',
        cache: 'no-store',
        credentials: options.credentials,
        headers: { ...(await options.headers()), 'run-key': key },
        signal: abortSignal,
      });
      const { ok, status } = response;
      if (response.headers.get('run-state') !== 'open') {
        if (!ok && status !== 404) throw new Error(`The server answered ${status} when it was asked for the answer.`);
        this.#forget(id, key);
        return null;
      }
    }
    if (abortSignal?.aborted) throw abortSignal.reason;
    const chunks = await this.#read(id, stream.resume({ run, key, cursor: 0 }, options), abortSignal, goesOn);
    // Without the parts that the page has, those that come would have nothing to belong to.
    this.resumeStreamIsReplay = !goesOn;
    return chunks;
  }

  /**
   * The options for an answer and for the rest of one. Headers are made for each attempt.
   *
   * @param {RequestCredentials | undefined} credentials
   * @param {HeadersInit | undefined} more
   * @param {HeadersInit} [prepared] The headers in place of all others.
   */
  #reading(credentials, more, prepared) {
    const { fetch, headers, reconnect } = this.#options;
    return {
      end: { data: '[DONE]' },
      credentials,
      fetch,
      headers: async () => ({ ...merge(...(prepared ? [prepared] : [await resolve(headers), more])), accept: ACCEPT }),
      reconnect: { retries: RETRIES, ...reconnect },
    };
  }

  /**
   * The chunks of an answer, once the first of them is there.
   *
   * @param {string} id
   * @param {PacketStream<any>} answer
   * @param {AbortSignal | undefined} signal
   * @param {boolean | undefined} goesOn Whether the answer goes on with the last message of the page.
   */
  async #read(id, answer, signal, goesOn) {
    const handle = () => /** @type {RunHandle} */ (answer.handle);
    const { key } = handle();
    const chunks = answer[Symbol.asyncIterator]();
    let isKept = false;
    answer.onState(({ state }) => {
      const { run } = handle();
      if (isKept || state !== 'open' || !run) return;
      isKept = true; // another run of the chat may take its place from now on
      this.#storage(id, (storage, name) => storage.setItem(name, JSON.stringify({ run, key, goesOn })));
    });
    const aborted = new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason);
        if (answer.state !== 'done') stop();
      });
    });
    aborted.catch(() => {});

    const stop = async () => {
      const before = latest.get(id);
      await new Promise(resolve => setTimeout(resolve));
      if (latest.get(id) === before) {
        await answer.cancel().then(
          () => this.#forget(id, key),
          () => {}, // the server is out of reach: the answer can still be resumed
        );
      }
      answer.abort();
    };

    const pull = () =>
      chunks.next().catch(error => {
        if (error.code === 'retries') lost.add(key);
        if (error.code !== 'retries' || goesOn) throw error;
        // `useChat` knows a lost connection by this word in a `TypeError`. It then resumes into the same message.
        throw new TypeError(`The network failed. ${error.message}`, { cause: error });
      });

    /** @type {IteratorResult<any> | undefined} */
    let next = await Promise.race([pull(), aborted]);
    return new ReadableStream({
      start: controller => void aborted.catch(reason => controller.error(reason)),
      pull: async controller => {
        const { done, value } = next ?? (await pull());
        next = undefined;
        if (!done) return controller.enqueue(value);
        this.#forget(id, key);
        controller.close();
      },
      cancel: () => answer.abort(),
    });
  }

  /** The run of a chat, if one was open. @param {string} id @returns {{ run: string, key: string, goesOn?: boolean } | null} */
  #stored(id) {
    return this.#storage(id, (storage, name) => JSON.parse(/** @type {string} */ (storage.getItem(name)))) ?? null;
  }

  /** Removes the run of a chat, unless another one has taken its place. @param {string} id @param {string} key */
  #forget(id, key) {
    if (this.#stored(id)?.key === key) this.#storage(id, (storage, name) => storage.removeItem(name));
  }

  /**
   * Uses the storage. On a server there is none, and a browser may refuse it: then an answer ends with its page.
   *
   * @template T
   * @param {string} id
   * @param {(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, name: string) => T} use
   */
  #storage(id, use) {
    try {
      return use(this.#options.storage ?? localStorage, `outflow-chat:${id}`);
    } catch {}
  }
}
