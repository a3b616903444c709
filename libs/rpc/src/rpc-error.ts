/** gRPC's status codes, as far as calls between services end in them. */
const statusOf = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export type RpcCode = keyof typeof statusOf;

const passing = new Set<RpcCode>(['CANCELLED', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'UNAVAILABLE']);
const codeOf = new Map<number, RpcCode>();
for (const code of rpcCodes()) codeOf.set(statusOf[code], code);

/**
 * Why a call between services has no response. What a caller may see or act on travels inside responses as MatrixError; this is trouble
 * of the inner plane. A service may throw it itself; anything else it throws arrives as INTERNAL without its text.
 *
 * - UNAVAILABLE: nobody to ask until the deadline. DEADLINE_EXCEEDED: asked, and no answer in time. Either may have had its effect.
 * - RESOURCE_EXHAUSTED: too many calls wait, or a message is too large. CANCELLED: the caller no longer waits.
 */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcCode;

  constructor(code: RpcCode, message: string) {
    super(message);
    this.code = code;
  }

  static fromStatus(status: number, message: string): RpcError {
    return new RpcError(codeOf.get(status) ?? 'INTERNAL', message);
  }

  get status(): number {
    return statusOf[this.code];
  }

  /** The same call may succeed later; as `retryable` of DatabaseError. Consumers of logs go by it: an outage parks no entry. */
  get retryable(): boolean {
    return passing.has(this.code);
  }
}

function rpcCodes(): RpcCode[] {
  const isCode = (key: string): key is RpcCode => key in statusOf;
  return Object.keys(statusOf).filter(isCode);
}
