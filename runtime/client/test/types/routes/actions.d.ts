// Types of the actions of a server, written by Outflow from its Rust types. Do not edit: change those instead.
/* eslint-disable */

/** Every path that streams, with its methods. */
export interface DeclaredRoutes {
  '/bytes': {
    PUT: {
      body: NonNullable<RequestInit['body']>;
      packet: number;
      result: undefined;
      failure: unknown;
    };
  };
  '/chat/answer': {
    /**
     * Answers a question.
     *
     * As a model does.
     */
    POST: {
      json: { question: string };
      packet: Token;
      result: Usage;
      failure: Problem;
    };
  };
  '/form': {
    POST: {
      body: URLSearchParams;
      packet: number;
      result: undefined;
      failure: unknown;
    };
  };
  '/items/{id}': {
    GET: {
      params: { id: number };
      query?: {
        after?: number;
        word?: string[];
      };
      packet: Token;
      result: undefined;
      failure: Problem;
    };
    DELETE: {
      params: { id: number };
      packet: string;
      result: number;
      failure: Problem;
    };
  };
  '/maybe': {
    POST: {
      json?: number;
      packet: number;
      result: undefined;
      failure: unknown;
    };
  };
  '/search': {
    GET: {
      query: { words: string };
      packet: unknown;
      result: undefined;
      failure: Problem;
    };
  };
  '/text': {
    POST: {
      body: string;
      packet: number;
      result: undefined;
      failure: unknown;
    };
  };
  '/updates': {
    GET: {
      events: {
        token: Token;
        usage: Usage;
      };
      packet: Token | Usage;
      result: undefined;
      failure: Problem;
    };
  };
  '/upload': {
    POST: {
      body: FormData;
      packet: number;
      result: undefined;
      failure: unknown;
    };
  };
  '/work': {
    /** @deprecated */
    POST: {
      packet: number;
      result: undefined;
      failure: Problem;
    };
  };
}

export interface Problem {
  detail?: string;
  status: number;
  title: string;
  type: string;
  [key: string]: unknown;
}

export interface Token {
  text: string;
}

export interface Usage {
  tokens: number;
}

declare module 'outflow' {
  interface Routes extends DeclaredRoutes {}
}
