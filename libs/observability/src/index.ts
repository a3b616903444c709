export * from './catalogue/index.ts';
export * from './clock.ts';
export * from './create-observability.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './names.ts';
export { redactLine } from './redact.ts';
export { refreshed } from './refreshed.ts';
export { showSigningKey } from './signing-key-info.ts';
export * from './start-tracing.ts';
export { isTemporary } from './temporary-error.ts';
export { formatTraceparent, parseTraceparent } from './traceparent.ts';
export {
  type ActiveSpan,
  currentRequestCosts,
  currentRequestId,
  currentTraceparent,
  forwardedTraceparent,
  logContext,
  outsideOfTrace,
  type RequestCosts,
  SpanKind,
  type SpanOptions,
  withRemoteParent,
  withRequestId,
  withSpan,
} from './tracing.ts';
export type * from './types.ts';
