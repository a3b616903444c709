export { publishBroadcast, subscribeBroadcast } from './broadcast.ts';
export { CommittedHeads } from './committed-heads.ts';
export { type ConnectStreamsOptions, connectStreams } from './connect-streams.ts';
export { openDeadLetters } from './dead-letter-lines.ts';
export {
  deadLetter,
  loadSetAside,
  parkEntry,
  retryDeadLetters,
  withoutSetAside,
} from './dead-letters.ts';
export { deleteStreams } from './delete-streams.ts';
export { examineNats, type NatsExamination } from './examine-nats.ts';
export { startLogConsumer } from './log-consumer.ts';
export { startLogPublisher } from './log-publisher.ts';
export {
  advancedFreely,
  advancePosition,
  beyondTheEnd,
  ConsumerPositionMoved,
  type ConsumerPositionStatements,
  consumerPosition,
  endsOf,
  type LogCounterStatements,
  loadPosition,
  logCounter,
} from './log-tables.ts';
export * from './topology.ts';
export { TrailingPosition } from './trailing-position.ts';
export type * from './types.ts';
