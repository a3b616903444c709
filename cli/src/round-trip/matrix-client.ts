import { CliError } from '../cli-error.ts';

type Json = Readonly<Record<string, unknown>>;

/** Just enough of a client to see that a server works; every request ends in time. */
export class MatrixClient {
  accessToken: string | undefined;
  readonly #base: string;
  readonly #timeoutMs: number;

  constructor(base: string, timeoutMs: number) {
    this.#base = base.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
  }

  /** The answer's object. @throws CliError with the status and the Matrix error. */
  async json(method: string, path: string, body?: object): Promise<Json> {
    const response = await this.#send(method, path, {
      ...(body !== undefined && { body: JSON.stringify(body), type: 'application/json' }),
    });
    const text = await response.text();
    const answer = parseObject(text);
    if (response.ok && answer !== undefined) return answer;
    throw new CliError(`${method} ${path} answers ${response.status} ${text.slice(0, 200)}`);
  }

  async upload(path: string, bytes: Buffer): Promise<Json> {
    const response = await this.#send('POST', path, { body: new Uint8Array(bytes), type: 'application/octet-stream' });
    const text = await response.text();
    const answer = parseObject(text);
    if (response.ok && answer !== undefined) return answer;
    throw new CliError(`POST ${path} answers ${response.status} ${text.slice(0, 200)}`);
  }

  async download(path: string): Promise<Buffer> {
    const response = await this.#send('GET', path, {});
    if (!response.ok) throw new CliError(`GET ${path} answers ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async #send(
    method: string,
    path: string,
    { body, type }: { readonly body?: string | Uint8Array<ArrayBuffer>; readonly type?: string },
  ): Promise<Response> {
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        headers: {
          ...(this.accessToken !== undefined && { authorization: `Bearer ${this.accessToken}` }),
          ...(type !== undefined && { 'content-type': type }),
        },
        ...(body !== undefined && { body }),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new CliError(`${method} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
}

const parseObject = (text: string): Json | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
};
