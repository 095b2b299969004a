// Types of the actions of a server, written by Outflow from its Rust types. Do not edit: change those instead.
/* eslint-disable */

/** Every path that streams, with its methods. */
export interface DeclaredRoutes {
  '/shapes/Adjacent': {
    GET: {
      packet: Adjacent;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Boxed': {
    GET: {
      packet: Boxed;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Bytes': {
    GET: {
      packet: number[];
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Documented': {
    GET: {
      packet: Documented;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Empty': {
    GET: {
      packet: Empty;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/External': {
    GET: {
      packet: External;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Flat': {
    GET: {
      packet: Flat;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/FlatExternal': {
    GET: {
      packet: FlatExternal;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/FlatMap': {
    GET: {
      packet: FlatMap;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Internal': {
    GET: {
      packet: Internal;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Kind': {
    GET: {
      packet: Kind;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Large': {
    GET: {
      packet: Large;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Maps': {
    GET: {
      packet: Maps;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Names': {
    GET: {
      packet: Names;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Newtype': {
    GET: {
      packet: Newtype;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Open': {
    GET: {
      packet: Open;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Options': {
    GET: {
      packet: Options;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Page': {
    GET: {
      packet: Page;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Plain': {
    GET: {
      packet: Plain;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Strict': {
    GET: {
      packet: Strict;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Tree': {
    GET: {
      packet: Tree;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/TupleStruct': {
    GET: {
      packet: TupleStruct;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Tuples': {
    GET: {
      packet: Tuples;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Undocumented': {
    GET: {
      packet: Undocumented;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Unit': {
    GET: {
      packet: Unit;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/Untagged': {
    GET: {
      packet: Untagged;
      result: undefined;
      failure: unknown;
    };
  };
  '/shapes/string': {
    GET: {
      packet: string2;
      result: undefined;
      failure: unknown;
    };
  };
}

export type Adjacent =
  | { t: 'Unit' }
  | {
      c: number[];
      t: 'Newtype';
    }
  | {
      c: { a: boolean };
      t: 'Struct';
    };

/** Itself in a box is nothing more. */
export type Boxed = string | number;

/**
 * A comment with `*\/` in it,
 * of two lines.
 *
 * And a paragraph.
 */
export interface Documented {
  /**
   * When it happened.
   * @format date-time
   */
  at: string;
  /** @deprecated */
  old: number;
  outcome: Result_of_uint8_or_string;
  took: Duration;
}

export interface Duration {
  nanos: number;
  /** A number beyond ±2^53 loses digits in JavaScript. */
  secs: number;
}

export interface Empty {
  [key: string]: unknown;
}

export type External = 'Unit' | { Newtype: number } | { Tuple: [number, string] } | { Struct: { a: boolean } };

export type Flat = {
  count: number;
  id: number;
  letter: string;
  on: boolean;
  ratio: number;
  some: number;
  text: string;
} & (
  | { type: 'nothing_more' }
  | { type: 'newtype' } & Plain
  | {
      a: boolean;
      b: number | null;
      type: 'struct';
    }
);

export type FlatExternal = { id: number } & ({ byName: string } | { byNumber: { number: number } });

export interface FlatMap {
  id: number;
  note?: string | null;
  [key: string]: boolean | number | string | null | undefined;
}

export type Internal =
  | { type: 'nothing_more' }
  | { type: 'newtype' } & Plain
  | {
      a: boolean;
      b: number | null;
      type: 'struct';
    };

export type Kind =
  | 'second-one'
  | "it's"
  /** The first. */
  | 'first-one';

export interface Large {
  /** A number beyond ±2^53 loses digits in JavaScript. */
  id: number;
  /** A number beyond ±2^53 loses digits in JavaScript. */
  list: number[];
  /** A number beyond ±2^53 loses digits in JavaScript. */
  offset: number;
  /**
   * In bytes.
   * A number beyond ±2^53 loses digits in JavaScript.
   */
  size: number;
}

export interface Maps {
  by_kind: { [key: string]: boolean };
  by_number: { [key: string]: string };
  by_text: { [key: string]: number };
  set: string[];
}

export interface Names {
  '': number;
  '1st': number;
  class: string;
  'content-type': string;
  "it's \\ \n": number;
}

export type Newtype = string[];

export interface Open {
  any: unknown;
  list: unknown[];
  object: { [key: string]: unknown };
}

export interface Options {
  always: number | null;
  sometimes?: string | null;
  within: (boolean | null)[];
}

export type OtherBoxed = number | string;

export interface Page {
  items: Plain[];
  next: number | null;
}

export interface Plain {
  count: number;
  letter: string;
  on: boolean;
  ratio: number;
  some: number;
  text: string;
}

export type Result_of_uint8_or_string = { Ok: number } | { Err: string };

export interface Strict {
  a: number;
}

export interface Tree {
  children: Tree[];
  name: string;
  parent: Tree | null;
}

export type TupleStruct = [number, Kind];

export interface Tuples {
  long: number[];
  nested: [boolean | null, null, [number, number][]];
  pair: [number, string];
  points: [number, number][];
}

export type Undocumented = 'A' | 'B';

export type Unit = null;

export type Untagged = string | number | null | { a: boolean };

export interface string2 {
  default: boolean;
}

declare module 'outflow' {
  interface Routes extends DeclaredRoutes {}
}
