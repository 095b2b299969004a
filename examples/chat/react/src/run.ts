// The runs of a chat: the server lets an answer go on without its page, and says where it is.

type Kept = { url: string; key: string };

/** The chat's answers, read in the format of this media type. */
export class Run {
  readonly url: string;

  constructor(
    readonly chat: string,
    readonly accept: string,
  ) {
    this.url = `/chat/${chat}`;
  }

  /** Sends a question, and keeps the URL of its answer. */
  send = async (url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    localStorage.removeItem(`run ${this.chat}`);
    const response = await fetch(url, init);
    const [location, key] = ['location', 'run-key'].map(name => response.headers.get(name));
    if (location && key) {
      const kept: Kept = { url: new URL(location, response.url).href, key };
      localStorage.setItem(`run ${this.chat}`, JSON.stringify(kept));
    }
    return response;
  };

  /** Follows the answer that is open, by the name of the chat; or the last one, if that has ended meanwhile. */
  follow = async (signal?: AbortSignal | null): Promise<Response> => {
    const headers = { accept: this.accept };
    const open = await fetch(`${this.url}/stream`, { headers, signal });
    const kept = this.kept();
    if (open.status !== 204 || !kept) return open;
    return fetch(kept.url, { headers: { ...headers, 'run-key': kept.key }, signal });
  };

  /** Stops the answer that is open, in every tab. With its id a late stop does not hit the next one. */
  stop = () => {
    const id = this.kept()?.url.split('/').at(-1);
    return fetch(`${this.url}/stream${id ? `?run=${id}` : ''}`, { method: 'DELETE' });
  };

  private kept(): Kept | null {
    return JSON.parse(localStorage.getItem(`run ${this.chat}`) ?? 'null');
  }
}
