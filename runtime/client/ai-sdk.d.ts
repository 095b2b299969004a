import type { ReconnectOptions } from './index.js';

/** A value, a promise of it, or a function that returns one of the two. */
export type Resolvable<T> = T | Promise<T> | (() => T | Promise<T>);

/** What the AI SDK says about the messages that it sends. */
export interface SendMessagesOptions<M> {
  /** The id of the chat. */
  chatId: string;
  /** All messages of the chat. */
  messages: M[];
  /** Whether the page sends a message, or wants another answer. */
  trigger: 'submit-message' | 'regenerate-message';
  /** The message that is to be replaced, if any. */
  messageId: string | undefined;
  /** `stop()`: it ends the run on the server. */
  abortSignal: AbortSignal | undefined;
  /** Headers of this request, besides those of the transport. */
  headers?: Record<string, string> | Headers;
  /** Members of this request's body, besides those of the transport. */
  body?: object;
  /** Anything, for `prepareSendMessagesRequest`. */
  metadata?: unknown;
}

/** What the AI SDK says about the chat that it resumes. */
export interface ReconnectToStreamOptions {
  /** The id of the chat. */
  chatId: string;
  /** `stop()`: it ends the run on the server, once the answer is being read. */
  abortSignal?: AbortSignal;
  /** Headers of these requests, besides those of the transport. */
  headers?: Record<string, string> | Headers;
  /** Ignored: there is no body. */
  body?: object;
  /** Ignored. */
  metadata?: unknown;
}

/** What `prepareSendMessagesRequest` knows. The names are those of the AI SDK. */
export interface RequestToPrepare<M> {
  id: string;
  messages: M[];
  trigger: 'submit-message' | 'regenerate-message';
  messageId: string | undefined;
  api: string;
  headers: Record<string, string>;
  credentials: RequestCredentials | undefined;
  body: Record<string, any>;
  requestMetadata: unknown;
}

/** What `prepareSendMessagesRequest` returns. What is missing stays as it was. */
export interface PreparedRequest {
  body: object;
  headers?: HeadersInit | undefined;
  credentials?: RequestCredentials | undefined;
  api?: string | undefined;
}

/** Options with the names, the meanings and the defaults that they have in the AI SDK's `DefaultChatTransport`. */
export interface OutflowChatTransportOptions<M = any> {
  /** The URL of the action. `/api/chat` unless set. */
  api?: string | undefined;
  /** Headers. A function is called for each attempt, so that a new connection has a new token. */
  headers?: Resolvable<Record<string, string> | Headers> | undefined;
  /** The credentials mode. `same-origin` unless set. */
  credentials?: Resolvable<RequestCredentials> | undefined;
  /** Members of the body, besides the messages. */
  body?: Resolvable<object> | undefined;
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch | undefined;
  /** Makes the request that sends messages. */
  prepareSendMessagesRequest?:
    ((request: RequestToPrepare<M>) => PreparedRequest | PromiseLike<PreparedRequest>) | undefined;
  /**
   * How a connection that breaks is made again. `retries` is 10 unless set: the answer then fails, and can still be
   * resumed.
   */
  reconnect?: Omit<ReconnectOptions, 'unsafe'> | undefined;
  /**
   * The storage for the address and the key of the run that each chat waits for. `localStorage` unless set, which all
   * tabs share; with `sessionStorage`, only the tab that asked resumes its answer.
   */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
}

/**
 * A `ChatTransport` for the AI SDK's `useChat`, over a `resumable` action with the format `ai_sdk`.
 *
 * - An answer whose connection breaks is read on, each chunk once. If that fails, it is an error, and never an end:
 *   `useChat` goes on with it when the page is looked at again, or by `resumeStream()`.
 * - With `resume: true` in `useChat`, a page that is loaded again, or another tab, shows the whole answer that is being
 *   written.
 * - `stop()` stops the model. So does `useChat` when its component is removed from the page; a page that is closed or
 *   loaded again leaves the model alone.
 * - A status in place of an answer is an `Error` whose message is that of the problem document.
 */
export class OutflowChatTransport<M = any> {
  constructor(options?: OutflowChatTransportOptions<M>);
  /**
   * Whether what `reconnectToStream` gave last is a whole message. It always begins with the start of the answer; one that
   * follows the result or the approval of a tool goes on with the message that has the call.
   */
  readonly resumeStreamIsReplay: boolean;
  /** Sends the messages. Resolves with the answer's chunks when it begins, rejects if it does not. */
  sendMessages(options: SendMessagesOptions<M>): Promise<ReadableStream<any>>;
  /** Resolves with all chunks of the answer that is being written, or with `null` if there is none. */
  reconnectToStream(options: ReconnectToStreamOptions): Promise<ReadableStream<any> | null>;
}
