import { Agent, errors, request } from 'undici';
import type { Registration } from '../domain/registration.ts';

/** How a call of a bridge ended. `status` is its HTTP status. */
export type BridgeAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'unreachable'; readonly timeout: boolean; readonly cause: string };

export interface Bridge {
  /** Where it is called: host and port. */
  readonly host: string;
  /** Application Service API, "PUT /_matrix/app/v1/transactions/{txnId}". Events are JSON texts. */
  putTransaction(transactionId: number, events: readonly string[]): Promise<BridgeAnswer>;
  queryUser(userId: string): Promise<BridgeAnswer>;
  queryAlias(alias: string): Promise<BridgeAnswer>;
  /** Application Service API, "Third-party networks"; `path` is what follows /thirdparty/. */
  thirdParty(path: string, query: URLSearchParams): Promise<BridgeAnswer>;
  ping(transactionId: string | undefined): Promise<BridgeAnswer>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** Of a question that a client waits for: within the time that callers of this service have by default. */
const QUESTION_TIMEOUT_MS = 8_000;
const LOOKUP_TIMEOUT_MS = 5_000;
/** Longer answers are cut: nothing that a bridge answers is ever this long. */
const MAX_ANSWER_BYTES = 65_536;
const MAX_LOOKUP_BYTES = 1_048_576;

/**
 * Calls to one bridge. Transactions and questions have connections of their own, so that a slow transaction does not hold up a question
 * that a client waits for.
 */
export function connectBridge(registration: Registration & { readonly url: string }): Bridge {
  const transactions = new Agent({ connections: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const questions = new Agent({ connections: 4, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const headers = { authorization: `Bearer ${registration.hsToken}`, 'content-type': 'application/json' };
  const call = async (agent: Agent, method: 'GET' | 'PUT' | 'POST', path: string, wanted: CallOptions = {}) => {
    const { body, timeoutMs = TIMEOUT_MS, maxBytes = MAX_ANSWER_BYTES } = wanted;
    try {
      const answer = await request(`${registration.url}/_matrix/app/${path}`, {
        dispatcher: agent,
        method,
        headers,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        body: body ?? null,
      });
      return { kind: 'answered', status: answer.statusCode, body: await firstBytes(answer.body, maxBytes) } as const;
    } catch (error) {
      return unreachable(error);
    }
  };
  const lookUp = (version: string, path: string, query: URLSearchParams) => {
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    const limits = { timeoutMs: LOOKUP_TIMEOUT_MS, maxBytes: MAX_LOOKUP_BYTES };
    return call(questions, 'GET', `${version}/thirdparty/${path}${search}`, limits);
  };
  const ask = (path: string) => call(questions, 'GET', path, { timeoutMs: QUESTION_TIMEOUT_MS });
  return {
    host: new URL(registration.url).host,
    putTransaction: (transactionId, events) =>
      call(transactions, 'PUT', `v1/transactions/${transactionId}`, { body: `{"events":[${events.join(',')}]}` }),
    queryUser: (userId) => ask(`v1/users/${encodeURIComponent(userId)}`),
    queryAlias: (alias) => ask(`v1/rooms/${encodeURIComponent(alias)}`),
    thirdParty: async (path, query) => {
      const answer = await lookUp('v1', path, query);
      // Application Service API, "Legacy routes": older bridges know the unstable path only.
      const isUnknown = answer.kind === 'answered' && (answer.status === 404 || answer.status === 405);
      return isUnknown ? lookUp('unstable', path, query) : answer;
    },
    ping: (transactionId) =>
      call(questions, 'POST', 'v1/ping', { body: JSON.stringify({ transaction_id: transactionId }) }),
    close: async () => {
      await Promise.all([transactions.destroy(), questions.destroy()]);
    },
  };
}

interface CallOptions {
  /** JSON text. */
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

function unreachable(error: unknown): BridgeAnswer {
  if (!(error instanceof Error)) throw error;
  const timeout = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError;
  return { kind: 'unreachable', timeout, cause: 'code' in error ? String(error.code) : error.name };
}

async function firstBytes(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}
