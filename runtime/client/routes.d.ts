import type { PacketInfo, PacketStream, Problem, Query, Routes, StreamOptions } from './index.js';

/** A path that `Routes` knows, such as `/items/{id}`. */
export type RoutePath = keyof Routes & string;

/** The methods of a path of `Routes`. */
export type RouteMethod<U> = U extends keyof Routes ? keyof Routes[U] & string : never;

/** The method of a request whose options name none: `GET` if the path has it, or else the path's only method. */
export type DefaultMethod<U> = 'GET' extends RouteMethod<U> ? 'GET' : RouteMethod<U>;

type RouteAt<U, M> = U extends keyof Routes ? (M extends keyof Routes[U] ? Routes[U][M] : never) : never;

/** The type of the packets of a route: `RoutePacket<'/chat/answer'>`. */
export type RoutePacket<U extends RoutePath, M = DefaultMethod<U>> = PacketAt<RouteAt<U, M>>;
/** The type of the result of a route. */
export type RouteResult<U extends RoutePath, M = DefaultMethod<U>> = ResultAt<RouteAt<U, M>>;
/** The type of the problem document of a route's failure. */
export type RouteFailure<U extends RoutePath, M = DefaultMethod<U>> = FailureAt<RouteAt<U, M>>;
/**
 * The packets of a route by the name of their event, where an enum's variants are events of their own. `info.event` is
 * such a name: `if (info.event === 'token') show(packet as RouteEvents<'/updates'>['token'])`.
 */
export type RouteEvents<U extends RoutePath, M = DefaultMethod<U>> = EventsAt<RouteAt<U, M>>;
/** The streamed response of a route. */
export type RouteStream<U extends RoutePath, M = DefaultMethod<U>> = PacketStream<
  RoutePacket<U, M>,
  RouteResult<U, M>,
  RouteFailure<U, M>,
  EventNameAt<RouteAt<U, M>>
>;

type PacketAt<R> = R extends { packet: unknown } ? R['packet'] : unknown;
type EventsAt<R> = R extends { events: object } ? R['events'] : { [event: string]: PacketAt<R> };
type EventNameAt<R> = keyof EventsAt<R> & string;
type ResultAt<R> = R extends { result: unknown } ? R['result'] : undefined;
type FailureAt<R> = R extends { failure: unknown } ? R['failure'] : Problem;

/** A value, or a function that returns it for each request. */
type Made<V> = V | ((attempt: number) => V | Promise<V>);

/** What the options need for the request to have the method: its name, unless the client picks it by itself. */
type Needs<M, R> = M extends 'GET'
  ? unknown
  : M extends 'POST'
    ? R extends { json: unknown } | { body: unknown }
      ? unknown
      : { method: string } | { resumable: true }
    : { method: string };

/** Options that a route has of its own; a route without parameters, or without a body, takes none. */
type OwnOptions<R> = { [K in keyof R as K & ('body' | 'params')]: R[K] } & {
  [K in keyof R as K & ('json' | 'query')]: Made<R[K]>;
} & (R extends { query?: unknown } ? unknown : { query?: Made<Query> | undefined });

/** The options of a route, for packets that `decode` turns into `T`. */
export type RouteOptions<U extends RoutePath, M = DefaultMethod<U>, T = RoutePacket<U, M>> = OptionsAt<
  M,
  RouteAt<U, M>,
  T
>;

type OptionsAt<M, R, T> = Omit<StreamOptions<T>, 'body' | 'decode' | 'json' | 'method' | 'params' | 'query'> &
  Needs<M, R> &
  OwnOptions<R> & {
    method?: M | undefined;
    decode?: 'text' | ((raw: PacketAt<R>, info: PacketInfo<EventNameAt<R>>) => T) | undefined;
  };

/**
 * The arguments of `stream` after the URL. The route is found by `infer`: an index by a type that is not known yet would
 * have TypeScript work out the options of every route at each call. The last row lets it find `M` in the options.
 */
export type StreamArguments<U, M, T> = U extends string
  ? Routes extends Record<U, infer E>
    ? ArgumentsAt<M, E extends Record<M & string, infer R> ? R : never, T>
    : [options?: StreamOptions<T>]
  : [options?: StreamOptions<T>] | [options?: { method?: M }];

type ArgumentsAt<M, R, T> =
  {} extends OptionsAt<M, R, T> ? [options?: OptionsAt<M, R, T>] : [options: OptionsAt<M, R, T>];

/** The stream that `stream` returns: of the route's types, or of those that the caller names. */
export type StreamOf<U, M, T, F, P> = U extends RoutePath
  ? PacketStream<
      unknown extends T ? PacketAt<RouteAt<U, M>> : T,
      ResultAt<RouteAt<U, M>>,
      FailureAt<RouteAt<U, M>>,
      EventNameAt<RouteAt<U, M>>
    >
  : PacketStream<T, F, P>;
