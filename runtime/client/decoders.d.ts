import type { EndMark } from './index.js';

/** Receives what a decoder finds. */
export interface Sink {
  /**
   * Receives a packet, with the event's name and the last id if the format has them. The event `gap` stands for packets
   * that were missed, and its data is a `Gap`.
   */
  packet(data: unknown, event?: string, id?: string): void;
  /** Receives the end of the stream, with its result. Nothing follows it. */
  done(result: unknown): void;
}

/**
 * Decodes one format. The bytes may be split anywhere. After an error, which is thrown as a `StreamError`, the sink has
 * all packets before it. Each stream needs a decoder of its own.
 */
export interface Decoder {
  /** Decodes the next bytes of the body. */
  push(chunk: Uint8Array, sink: Sink): void;
  /** Handles the clean end of the body. */
  end(sink: Sink): void;
}

/** Options of every decoder. */
export interface DecoderOptions {
  /** A longer packet is `too-large`. Text is measured in UTF-16 units. 64 MiB unless set. */
  maxPacketBytes?: number | undefined;
}

/** Options for server-sent events. */
export interface SseOptions extends DecoderOptions {
  /** `'text'` delivers data as text instead of parsing it as JSON. */
  decode?: 'text' | undefined;
  /** The end of the stream, in place of the event `done`: another event, or the clean end of the body. */
  end?: 'eof' | EndMark | undefined;
  /** The last event id of the connection before, which holds until an `id:` line replaces it. */
  lastId?: string | undefined;
}

/** Decodes server-sent events. */
export interface SseDecoder extends Decoder {
  /** The last event id (`id:`), empty if there was none or the server took it back. The id of a failure is in the error's `lastId` instead. */
  readonly lastId: string;
  /** The reconnection time in milliseconds (`retry:`), if the server sent one. */
  readonly retry?: number;
  /**
   * Whether `retry:` came last. The server is then about to close the connection, and expects the client to reconnect.
   */
  readonly leaving: boolean;
}

/** Server-sent events: data is JSON, the event `done` is the end unless `end` says another, and `error` is a failure. */
export function sse(options?: SseOptions): SseDecoder;
/** The frames of Hazaar MVC: hex length, NUL, type, payload. */
export function frames(options?: DecoderOptions): Decoder;
/** One JSON value per line. The clean end of the body is the end, without a result. */
export function ndjson(options?: DecoderOptions): Decoder;
/** A JSON document, which is the result. */
export function json(options?: DecoderOptions): Decoder;
/** `{"items":[…],"result":…}` or `{"items":[…],"error":…}`. Each item is a packet as soon as it is complete. */
export function envelope(options?: DecoderOptions): Decoder;
