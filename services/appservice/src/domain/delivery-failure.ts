import type { BridgeAnswer } from '../clients/bridge.ts';

/** Why a bridge does not take transactions, with what an operator can do. Completes the sentence "the bridge …". */
export type DeliveryFailure = string;

/** The failure of an answer that is not 2xx, or of none. The same for the same cause: it is logged when it changes. */
export function failureOf(answer: BridgeAnswer): DeliveryFailure {
  if (answer.kind === 'unreachable')
    return answer.timeout
      ? 'does not answer transactions in time: look at its log'
      : 'cannot be reached: start it, or correct `url` in its registration file';
  const { status } = answer;
  if (status === 401 || status === 403)
    return 'refuses the `hs_token`: its own registration file differs from the one of this server';
  if (status === 404 || status === 405)
    return 'does not know the path of transactions: `url` in its registration file leads elsewhere';
  return `answers transactions with status ${status}: look at its log`;
}
