// Types of the actions of a server, written by Outflow from its Rust types. Do not edit: change those instead.
/* eslint-disable */

/** Every path that streams, with its methods. */
export interface DeclaredRoutes {
  '/jobs/{job}': {
    /** The job goes on when its page is closed. Cancelling it drops this method where it waits. */
    POST: {
      params: { job: Job };
      packet: Step;
      result: Report;
      failure: Problem;
    };
  };
}

/** A job, by its name in the path. */
export type Job = 'photos' | 'orders' | 'index';

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

/** The result. */
export interface Report {
  done: number;
  seconds: number;
}

/** One packet: how far the job has come. */
export interface Step {
  done: number;
  of: number;
  /** The step that was just done. */
  what: string;
}

declare module 'outflow' {
  interface Routes extends DeclaredRoutes {}
}
