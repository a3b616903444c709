import { isTemporary } from '@plexus/observability';

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

const temporary = new Set<RpcCode>(['CANCELLED', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'UNAVAILABLE']);
const codeOf = new Map<number, RpcCode>();
for (const code of rpcCodes()) codeOf.set(statusOf[code], code);

/**
 * Why a call between services has no response. What a caller may see or act on travels inside responses as MatrixError; this is trouble
 * of the inner plane. A service may throw it itself; of anything else that it throws the caller learns the code alone (`RpcError.of`).
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

  /**
   * What the caller of a method learns of an error: the code of this list that it names, otherwise whether the same call may succeed later
   * (UNAVAILABLE) or not (INTERNAL); never its text.
   */
  static of(error: unknown, method: string): RpcError {
    if (error instanceof RpcError) return error;
    if (error instanceof Error && 'code' in error && isRpcCode(error.code))
      return new RpcError(error.code, `${method} failed`);
    return isTemporary(error)
      ? new RpcError('UNAVAILABLE', `${method} failed temporarily`)
      : new RpcError('INTERNAL', `${method} failed`);
  }

  static fromStatus(status: number, message: string): RpcError {
    return new RpcError(codeOf.get(status) ?? 'INTERNAL', message);
  }

  get status(): number {
    return statusOf[this.code];
  }

  /** The same call may succeed later: see `isTemporary`. */
  get retryable(): boolean {
    return temporary.has(this.code);
  }
}

function rpcCodes(): RpcCode[] {
  return Object.keys(statusOf).filter(isRpcCode);
}

function isRpcCode(value: unknown): value is RpcCode {
  return typeof value === 'string' && Object.hasOwn(statusOf, value);
}
