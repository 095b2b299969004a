// With `exactOptionalPropertyTypes`, an option that a caller does not have may still be written as `undefined`.

import type { ReconnectOptions, ResumeOptions, RunHandle, StreamOptions } from '../../../index.js';
import type { DecoderOptions, SseOptions } from '../../../decoders.js';
import type { StreamSettings } from '../../../jquery.js';
import type { MockOptions } from '../../../mock.js';
import { stream } from '../../../index.js';

/** Every member of the type, each of them `undefined`. */
type Absent<T> = { [Name in keyof T]-?: undefined };

declare const options: Absent<StreamOptions>;
declare const reconnect: Absent<ReconnectOptions>;
declare const resume: Absent<ResumeOptions>;
declare const decoder: Absent<DecoderOptions>;
declare const sse: Absent<SseOptions>;
declare const settings: Pick<Absent<StreamSettings>, 'url' | 'progress' | 'uploadProgress' | 'signal' | 'decode'>;
declare const mock: Absent<MockOptions>;

options satisfies StreamOptions;
reconnect satisfies ReconnectOptions;
resume satisfies ResumeOptions;
decoder satisfies DecoderOptions;
sse satisfies SseOptions;
settings satisfies StreamSettings;
mock satisfies MockOptions;

export function follow(url: string, signal: AbortSignal | undefined, key: string, run: string | undefined) {
  stream(url, { signal, reconnect: { retries: undefined } });
  const handle: RunHandle = { url, run, key, cursor: 0 };
  stream.resume(handle, { signal });
}
