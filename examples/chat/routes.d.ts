// Types of the actions of a server, written by Outflow from its Rust types. Do not edit: change those instead.
/* eslint-disable */

/** Every path that streams, with its methods. */
export interface DeclaredRoutes {
  '/chat/{chat}': {
    /** Nothing in here has to know about reloads, tabs, nodes or protocols. Cancelling the run drops this method where it waits, and with it the connection to the model. */
    POST: {
      params: { chat: string };
      query?: {
        /** The format of the response, in place of `Accept`. */
        format?: 'sse' | 'ndjson' | 'ai_sdk' | 'ag_ui';
      };
      json: ChatRequest;
      packet: Part;
      result: Summary;
      failure: Problem;
    };
  };
}

/** Something that the page tells about itself. */
export interface AgUiContext {
  /** Its description, for the model. */
  description: string;
  /** Its value. */
  value: string;
}

/** A message of AG-UI. */
export interface AgUiMessage {
  /** Its content: text, or a list of parts. */
  content?: unknown;
  /** Its id. */
  id: string;
  /** Its author. */
  role: Role;
  /** The call that a tool's message answers. */
  toolCallId?: string | null;
  /** The tool calls of an assistant's message. */
  toolCalls?: CalledTool[];
  [key: string]: unknown;
}

/** A tool that the page offers. */
export interface AgUiTool {
  /** Its purpose, for the model. */
  description: string;
  /** Its name. */
  name: string;
  /**
   * The JSON Schema of its input.
   * @default null
   */
  parameters?: unknown;
}

/** A message of Anthropic's. */
export interface AnthropicMessage {
  /** Its content: text, or a list of blocks. */
  content: unknown;
  /** Its author. */
  role: Role;
}

/** A question to the person who chats: may the tool of this call run? */
export interface ApprovalRequest {
  ai: 'approval-request';
  /** The call's id, which is the id of the approval too. */
  id: string;
  /** Why the person is asked, for the page. */
  reason?: string | null;
}

/** The function of a tool call. */
export interface CalledFunction {
  /** The input, as JSON. */
  arguments: string;
  /** The tool's name. */
  name: string;
}

/** A tool call of an earlier message, in OpenAI's and AG-UI's shape. */
export interface CalledTool {
  /** The function that is called. */
  function: CalledFunction;
  /** The call's id. */
  id: string;
}

/** The request of every client of OpenAI's chat completions. */
export interface ChatCompletionRequest {
  /** The messages, oldest first. */
  messages: ChatMessage[];
  /** The model that is to answer. */
  model: string;
  /**
   * Whether the answer is a stream.
   * @default null
   */
  stream?: boolean | null;
  /** How the stream is sent. */
  stream_options?: StreamOptions | null;
  /** The tools of the client. */
  tools?: unknown[];
  [key: string]: unknown;
}

/** A message of a chat completion. */
export interface ChatMessage {
  /**
   * Its content: text, or a list of parts.
   * @default null
   */
  content?: unknown;
  /** Its author. */
  role: Role;
  /** The call that a tool's message answers. */
  tool_call_id?: string | null;
  /** The tool calls of an assistant's message. */
  tool_calls?: CalledTool[] | null;
  [key: string]: unknown;
}

/** A request of any of these clients, known by its members. */
export type ChatRequest =
  /** A request of the AI SDK. */
  | UiMessages
  /** A request of AG-UI. */
  | RunAgentInput
  /** A request of OpenAI's chat completions. */
  | ChatCompletionRequest
  /** A request of OpenAI's Responses. */
  | ResponsesRequest
  /** A request of Anthropic's Messages. */
  | MessagesRequest;

/**
 * Data of the application's own: the protocol's data part. Any other JSON that is streamed means the same, with the
 * name of its event.
 */
export interface Data {
  ai: 'data';
  /** The id by which a later packet replaces this one, where the protocol can. */
  id?: string | null;
  /** The kind of data. */
  name: string;
  /** The data. */
  value: unknown;
}

/** A file that the model made. */
export interface File {
  ai: 'file';
  /** Its media type, such as `image/png`. */
  media_type: string;
  /** Its URL, or a `data:` URL with its content. */
  url: string;
}

/** The reason why the model stopped, which is sent with the end. */
export interface Finish {
  ai: 'finish';
  /** The reason. */
  reason: FinishReason;
}

/** A reason to stop. */
export type FinishReason =
  /** The answer is complete. */
  | 'stop'
  /** The answer reached the limit of tokens. */
  | 'length'
  /** A filter held the rest of the answer back. */
  | 'content-filter'
  /** The client has tools to run. */
  | 'tool-calls';

/** The request of every client of Anthropic's Messages. */
export interface MessagesRequest {
  /**
   * The most tokens of the answer.
   * A number beyond ±2^53 loses digits in JavaScript.
   */
  max_tokens: number;
  /** The messages, oldest first. */
  messages: AnthropicMessage[];
  /** The model that is to answer. */
  model: string;
  /**
   * Whether the answer is a stream.
   * @default null
   */
  stream?: boolean | null;
  /** The instructions: text, or a list of parts. */
  system?: unknown;
  /** The tools of the client. */
  tools?: unknown[];
  [key: string]: unknown;
}

/** Any packet of an answer. */
export type Part =
  /** A delta of the answer's text. */
  | Text
  /** A delta of the model's reasoning. */
  | Reasoning
  /** A tool call. */
  | ToolCall
  /** A delta of a tool call's input. */
  | ToolInput
  /** The output of a tool. */
  | ToolResult
  /** A question to the person: may this tool run? */
  | ApprovalRequest
  /** A source of the answer. */
  | Source
  /** A file that the model made. */
  | File
  /** Data of the application's own. */
  | Data
  /** The start of a step. */
  | Step
  /** Tokens used. */
  | Usage
  /** The reason why the model stopped. */
  | Finish;

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

/** A delta of the model's reasoning, which pages show apart from the answer. */
export interface Reasoning {
  ai: 'reasoning';
  /** The next characters. */
  delta: string;
}

/** The conversation of a request. */
export type ResponsesInput =
  /** One message of the person. */
  | string
  /** Messages, tool calls and outputs of tools, oldest first. */
  | { [key: string]: unknown }[];

/** The request of every client of OpenAI's Responses. */
export interface ResponsesRequest {
  /** The conversation. */
  input: ResponsesInput;
  /** The instructions. */
  instructions?: string | null;
  /** The model that is to answer. */
  model: string;
  /**
   * Whether the answer is a stream.
   * @default null
   */
  stream?: boolean | null;
  /** The tools of the client. */
  tools?: unknown[];
  [key: string]: unknown;
}

/** The author of a message. */
export type Role =
  /** The application, by its instructions. */
  | 'system'
  /** The application, in the newer word of OpenAI and AG-UI. */
  | 'developer'
  /** The person. */
  | 'user'
  /** The model. */
  | 'assistant'
  /** A tool. */
  | 'tool'
  /** The model's reasoning, in AG-UI. */
  | 'reasoning'
  /** Progress of an agent, in AG-UI. */
  | 'activity';

/** The request of AG-UI's HttpAgent and of CopilotKit. */
export interface RunAgentInput {
  /**
   * What the page tells about itself.
   * @default []
   */
  context?: AgUiContext[];
  /**
   * What the page adds.
   * @default null
   */
  forwardedProps?: unknown;
  /** The messages, oldest first. */
  messages: AgUiMessage[];
  /** The run that this one goes on from. */
  parentRunId?: string | null;
  /** The answers to interrupts of an earlier run. */
  resume?: unknown[];
  /** This run. */
  runId: string;
  /**
   * The state that page and agent share.
   * @default null
   */
  state?: unknown;
  /** The conversation. */
  threadId: string;
  /**
   * The tools of the page.
   * @default []
   */
  tools?: AgUiTool[];
  [key: string]: unknown;
}

/** A source of the answer, which pages show as a link. */
export interface Source {
  ai: 'source';
  /** Its title. */
  title?: string | null;
  /** Its URL. */
  url: string;
}

/** The start of a step: one call of the model, with the tools that it led to. It ends where the next one begins. */
export interface Step {
  ai: 'step';
  /** The step's name, for the protocols that show one. */
  name?: string | null;
}

/** How a stream of chunks is sent. */
export interface StreamOptions {
  /**
   * Whether a last chunk tells the tokens used.
   * @default null
   */
  include_usage?: boolean | null;
}

/** The result. */
export interface Summary {
  model: string;
  seconds: number;
  tokens: number;
}

/** A delta of the answer's text. In the formats of this room a plain string means the same. */
export interface Text {
  ai: 'text';
  /** The next characters. */
  delta: string;
}

/** A tool call, with its whole input, or with one that follows. */
export interface ToolCall {
  ai: 'tool-call';
  /** The call's id, unique in the conversation. */
  id: string;
  /** The input, if it is there at once. */
  input?: unknown;
  /** The tool's name. */
  name: string;
}

/** A delta of a tool call's input: the next characters of its JSON. The input ends where the next part begins. */
export interface ToolInput {
  ai: 'tool-input';
  /** The next characters of the JSON. */
  delta: string;
  /** The call's id. */
  id: string;
}

/**
 * The output of a tool, or the text of its failure. The call comes before it, in this stream or in the request's
 * messages.
 */
export interface ToolResult {
  ai: 'tool-result';
  /** Whether the tool did not run because the person did not approve. */
  denied?: boolean;
  /** The reason of the failure, for the page. */
  error?: string | null;
  /** The call's id. */
  id: string;
  /** The output; `null` if the tool failed. */
  output: unknown;
}

/** A message of the AI SDK. */
export interface UiMessage {
  /** Its id. */
  id: string;
  /** What the application has attached. */
  metadata?: unknown;
  /** Its parts. */
  parts: UiPart[];
  /** Its author. */
  role: Role;
}

/** The request of useChat. */
export interface UiMessages {
  /**
   * The id of the chat.
   * @default null
   */
  id?: string | null;
  /**
   * The message that is to be replaced, if any.
   * @default null
   */
  messageId?: string | null;
  /** The messages, oldest first. */
  messages: UiMessage[];
  /**
   * `submit-message` or `regenerate-message`.
   * @default null
   */
  trigger?: string | null;
  [key: string]: unknown;
}

/** A part of a message: text, reasoning, a file, a tool call, data. */
export interface UiPart {
  /** Its text, if it is text or reasoning. */
  text?: string | null;
  /** Its tool call, if it is one. */
  toolCallId?: string | null;
  /** Its type, such as `text`, `file`, `tool-weather` or `data-mood`. */
  type: string;
  [key: string]: unknown;
}

/** The tokens that a call of the model used. Several add up. It is sent with the end. */
export interface Usage {
  ai: 'usage';
  /**
   * Those of the request that were cached.
   * A number beyond ±2^53 loses digits in JavaScript.
   */
  cached_tokens?: number;
  /**
   * The tokens of the request.
   * A number beyond ±2^53 loses digits in JavaScript.
   */
  input_tokens: number;
  /**
   * The tokens of the answer, reasoning included.
   * A number beyond ±2^53 loses digits in JavaScript.
   */
  output_tokens: number;
  /**
   * Those of the answer that are reasoning.
   * A number beyond ±2^53 loses digits in JavaScript.
   */
  reasoning_tokens?: number;
}

declare module 'outflow' {
  interface Routes extends DeclaredRoutes {}
}
