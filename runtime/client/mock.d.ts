import type { Gap } from './index.js';

/** Fields of an event. `ndjson` has none, and leaves them out. */
export interface MockFields {
  /** Its name (`event:`). `done` and `error` are taken by the end. */
  event?: string;
  /** Its id. In a run, packets have their number instead. */
  id?: string;
  /** The reconnection time, in milliseconds. */
  retry?: number;
}

/** A problem document (RFC 9457). */
export interface MockProblem {
  /** From 400 to 599. */
  status: number;
  /**
   * The name of the status, unless set. The mock knows 400, 401, 403, 404, 409, 422, 429, 500 and 503; set it for
   * others, as the server does.
   */
  title?: string;
  /** `about:blank` unless set. */
  type?: string;
  detail?: string;
  [member: string]: unknown;
}

/** One step of a stream. Without an end, the stream is done without a result after the last step. */
export type MockStep<T = unknown, F = T> =
  /** A packet, as JSON. */
  | ({ packet: T } & MockFields)
  /** A packet that is text instead of JSON, as of `Packet::raw`. */
  | ({ raw: string } & MockFields)
  /**
   * Packets that the client has missed. The id is that of the last of them. `ndjson` has no room for it, and is
   * cut.
   */
  | { gap: Gap; id?: string }
  /** Milliseconds until the next step, by the `setTimeout` of that moment, so that fake timers work. */
  | { wait: number }
  | { heartbeat: true }
  /** The end, with the result. */
  | { done: F | undefined }
  /**
   * The end as a failure. Before the first packet it is the whole response, with that status and these headers. Until
   * then a server holds the head for 250 ms, so shorter `wait`s before it count for nothing.
   */
  | { fail: MockProblem; headers?: Record<string, string> }
  /** The body breaks off, as if the connection was lost. */
  | { cut: true }
  /** Nothing more comes, and no end. */
  | { stall: true }
  /**
   * A server that stops asks its client to come back after these milliseconds, and ends the body. A real one picks a
   * time around 3000. Before the first packet it is the 503 of a server that takes no more streams.
   */
  | { comeBack: number }
  /** The end of a server's grace period, a failure with 503 after which a client may come back. */
  | { shutdown: true };

/** What the mock reads of a request. */
export interface MockRequest {
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** A run of a `resumable` action. */
export interface MockRun {
  /** Its id, the end of its URL: `/chat/runs/` and this. A request to that URL follows the run, any other starts it. */
  id: string;
  /** The key that the client gets if it has sent none. */
  key?: string | undefined;
}

/** Options of a mock. */
export interface MockOptions {
  /** Unless set, the first of both that `Accept` names, and otherwise `sse`. */
  format?: 'sse' | 'ndjson' | undefined;
  /**
   * The request that is answered. The steps go on after its `Last-Event-ID`: the number of a packet in a run, the `id` of
   * a packet otherwise. A `cut`, `stall` or `comeBack` right after that packet has ended an earlier connection, so it is
   * skipped, unless it is the last step.
   */
  request?: MockRequest | undefined;
  /** Makes the stream a run: packets and the end are numbered. Needs `request`. */
  run?: MockRun | undefined;
}

/**
 * The response that an Outflow server would send, for the tests of a front end.
 *
 * ```js
 * http.post('/chat', ({ request }) => mockStream([{ packet: 'Hello' }, { wait: 50 }, { done: 5 }], request));
 * ```
 *
 * @throws TypeError for a mistake in the steps.
 */
export function mockStream<T = unknown, F = T>(
  steps: readonly MockStep<T, F>[],
  options?: MockOptions | MockRequest,
): Response;
