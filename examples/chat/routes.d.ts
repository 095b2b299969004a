// Types of the actions of a server, written by Outflow from its Rust types. Do not edit: change those instead.
/* eslint-disable */

/** Every path that streams, with its methods. */
export interface DeclaredRoutes {
  '/chat/answer': {
    /** Nothing in here has to know about reloads, tabs or nodes. Cancelling the run drops this method where it waits, and with it the connection to the model. */
    POST: {
      json: Conversation;
      packet: Token;
      result: Usage;
      failure: Problem;
    };
  };
}

/** The request: the conversation so far, with the question at its end. */
export interface Conversation {
  messages: Message[];
}

/** One turn of a conversation. */
export interface Message {
  content: string;
  role: Role;
}

/** A problem document (RFC 9457). */
export interface Problem {
  /** This problem in words. */
  detail?: string;
  /** @format uri-reference */
  instance?: string;
  status: number;
  /** The kind of problem in words. */
  title: string;
  /**
   * The kind of problem. `about:blank` if it has none of its own.
   * @format uri-reference
   */
  type: string;
  [key: string]: unknown;
}

export type Role = 'user' | 'assistant';

/** One packet. */
export interface Token {
  text: string;
}

/** The result. */
export interface Usage {
  model: string;
  seconds: number;
  tokens: number;
}

declare module 'outflow' {
  interface Routes extends DeclaredRoutes {}
}
