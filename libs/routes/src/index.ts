export type { AuthKind, BodyKind, HttpMethod, Operation, OperationOwner, RateClass } from './operation.ts';
export { type OperationKey, operations } from './operations.ts';
