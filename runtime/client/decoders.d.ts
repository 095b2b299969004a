/** Takes what a decoder finds. */
export interface Sink {
  /** A packet, its event's name and the last id known, where the format has such. */
  packet(data: unknown, event?: string, id?: string): void;
  /** The end of the stream, with its result. Nothing comes after it. */
  done(result: unknown): void;
}

/**
 * Reads one format. Bytes may be split anywhere. What was found before a fault goes to the sink, then the fault is
 * thrown as a `StreamError`. A decoder serves one stream.
 */
export interface Decoder {
  /** Reads the next bytes of the body. */
  push(chunk: Uint8Array, sink: Sink): void;
  /** Takes note that the body has ended cleanly. */
  end(sink: Sink): void;
}

/** What holds for every format. */
export interface DecoderOptions {
  /** A longer packet is `too-large`. Text is counted in UTF-16 units. 64 MiB unless set. */
  maxPacketBytes?: number;
}

/** How server-sent events are read. */
export interface SseOptions extends DecoderOptions {
  /** Hands data on as it came; without it data is JSON. */
  text?: boolean;
  /** Takes the clean end of the body as the end; without it only the event `done` is the end. */
  eof?: boolean;
}

/** Reads server-sent events. */
export interface SseDecoder extends Decoder {
  /** The id that holds after the last event (`id:`), empty without one. That of a failure is in its `lastId`. */
  readonly lastId: string;
  /** Milliseconds that the server asks a client to wait before it comes back (`retry:`), if it does. */
  readonly retry?: number;
  /** Whether that was the last thing it said: it is about to end the connection, and asks the client to come back. */
  readonly leaving: boolean;
}

/** Server-sent events: data is JSON, the event `done` is the end and `error` the failure. */
export function sse(options?: SseOptions): SseDecoder;
/** The frames of Hazaar MVC: hex length, NUL, type, payload. */
export function frames(options?: DecoderOptions): Decoder;
/** One JSON value a line; the clean end of the body is the end, without a result. */
export function ndjson(options?: DecoderOptions): Decoder;
/** A JSON document, which is the result. */
export function json(options?: DecoderOptions): Decoder;
/** `{"items":[…],"result":…}` or `{"items":[…],"error":…}`; items are packets as soon as they are complete. */
export function envelope(options?: DecoderOptions): Decoder;
