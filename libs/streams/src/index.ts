export { publishBroadcast, subscribeBroadcast } from './broadcast.ts';
export { type ConnectStreamsOptions, connectStreams } from './connect-streams.ts';
export { startLogConsumer } from './log-consumer.ts';
export { startLogPublisher } from './log-publisher.ts';
export {
  advancePosition,
  ConsumerPositionMoved,
  type ConsumerPositionStatements,
  consumerPosition,
  type DeadLetterStatements,
  deadLetter,
  type LogCounterStatements,
  loadPosition,
  logCounter,
  parkEntry,
} from './log-tables.ts';
export * from './topology.ts';
export type * from './types.ts';
