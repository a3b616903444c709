import { Agent, errors, request } from 'undici';
import type { Registration } from '../domain/registration.ts';

/** How a call of a bridge ended. `status` is its HTTP status. */
export type BridgeAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'unreachable'; readonly timeout: boolean };

export interface Bridge {
  /** Application Service API, "PUT /_matrix/app/v1/transactions/{txnId}". Events are JSON texts. */
  putTransaction(transactionId: number, events: readonly string[]): Promise<BridgeAnswer>;
  queryUser(userId: string): Promise<BridgeAnswer>;
  queryAlias(alias: string): Promise<BridgeAnswer>;
  ping(transactionId: string | undefined): Promise<BridgeAnswer>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 30_000;
/** Longer answers are cut: nothing that a bridge answers is ever this long. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Calls to one bridge. Transactions and questions have connections of their own, so that a slow transaction does not hold up a question
 * that a client waits for.
 */
export function connectBridge(registration: Registration & { readonly url: string }): Bridge {
  const transactions = new Agent({ connections: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const questions = new Agent({ connections: 4, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const headers = { authorization: `Bearer ${registration.hsToken}`, 'content-type': 'application/json' };
  const call = async (
    agent: Agent,
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    body?: string,
  ): Promise<BridgeAnswer> => {
    try {
      const answer = await request(`${registration.url}/_matrix/app/v1/${path}`, {
        dispatcher: agent,
        method,
        headers,
        body: body ?? null,
      });
      return { kind: 'answered', status: answer.statusCode, body: await firstBytes(answer.body) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return {
        kind: 'unreachable',
        timeout: error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError,
      };
    }
  };
  return {
    putTransaction: (transactionId, events) =>
      call(transactions, 'PUT', `transactions/${transactionId}`, `{"events":[${events.join(',')}]}`),
    queryUser: (userId) => call(questions, 'GET', `users/${encodeURIComponent(userId)}`),
    queryAlias: (alias) => call(questions, 'GET', `rooms/${encodeURIComponent(alias)}`),
    ping: (transactionId) => call(questions, 'POST', 'ping', JSON.stringify({ transaction_id: transactionId })),
    close: async () => {
      await Promise.all([transactions.destroy(), questions.destroy()]);
    },
  };
}

async function firstBytes(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}
