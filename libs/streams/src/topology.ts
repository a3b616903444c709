import { ReceiptLogBatch, type ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import { RoomLogBatch, type RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { TypingChanged } from '@plexus/contracts/streams/typing';
import { UserLogBatch, type UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { BroadcastStream, LogStream, StreamDescription } from './types.ts';

/*
 * Bounds: consumers read what they miss from the log's owner, so a stream need only outlast a restart or a rolling upgrade to spare the
 * owner those reads. A day, or what fits; together the bytes stay below 1 GiB, for JetStream reserves them at creation.
 */
const day = 24 * 60 * 60 * 1_000;
const mebibyte = 1024 * 1024;

/** Events, redactions and deletions of rooms, in the order in which roomserver committed them. */
export const roomLog: LogStream<RoomLogEntry> = {
  kind: 'log',
  name: 'ROOM_LOG',
  subject: 'plexus.log.room',
  maxAgeMs: day,
  maxBytes: 512 * mebibyte,
  producer: 'roomserver',
  consumers: ['syncapi', 'appservice'],
  encode: (entries) => RoomLogBatch.encode({ entries: [...entries] }).finish(),
  decode: (payload) => RoomLogBatch.decode(payload).entries,
  lineOf: ({ kind }) => kind?.value.roomId,
};

/** Accounts, devices, profiles, account data; device list changes and to-device wake-ups come with the encryption keys. */
export const userLog: LogStream<UserLogEntry> = {
  kind: 'log',
  name: 'USER_LOG',
  subject: 'plexus.log.user',
  maxAgeMs: day,
  maxBytes: 128 * mebibyte,
  producer: 'userapi',
  consumers: ['syncapi'],
  encode: (entries) => UserLogBatch.encode({ entries: [...entries] }).finish(),
  decode: (payload) => UserLogBatch.decode(payload).entries,
  lineOf: ({ userId }) => userId,
};

/** Read receipts and fully-read markers. syncapi reads its own log too: its replicas hear of each other's receipts. */
export const receiptLog: LogStream<ReceiptLogEntry> = {
  kind: 'log',
  name: 'RECEIPT_LOG',
  subject: 'plexus.log.receipt',
  maxAgeMs: day,
  maxBytes: 64 * mebibyte,
  producer: 'syncapi',
  consumers: ['syncapi'],
  encode: (entries) => ReceiptLogBatch.encode({ entries: [...entries] }).finish(),
  decode: (payload) => ReceiptLogBatch.decode(payload).entries,
  lineOf: ({ roomId }) => roomId,
};

/** Who types where: the whole set of a room with every change. */
export const typing: BroadcastStream<TypingChanged> = {
  kind: 'broadcast',
  name: 'TYPING',
  subject: 'plexus.broadcast.typing',
  maxAgeMs: 0,
  maxBytes: 0,
  producer: 'typing',
  consumers: ['syncapi'],
  encode: (message) => TypingChanged.encode(message).finish(),
  decode: (payload) => TypingChanged.decode(payload),
};

/** Every stream of the product, also those whose producers are still to come (`planned`): names, subjects and bounds are settled here. */
export const topology: readonly StreamDescription[] = [
  { ...describe(roomLog), status: 'live' },
  { ...describe(userLog), status: 'live' },
  { ...describe(receiptLog), status: 'live' },
  { ...describe(typing), status: 'live' },
  {
    kind: 'broadcast',
    name: 'PRESENCE',
    subject: 'plexus.broadcast.presence',
    maxAgeMs: 0,
    maxBytes: 0,
    producer: 'typing',
    consumers: ['syncapi', 'federationapi', 'appservice'],
    status: 'planned',
  },
  {
    // Messages for devices; the inbox they are read from is userapi's.
    kind: 'log',
    name: 'TO_DEVICE_LOG',
    subject: 'plexus.log.to_device',
    maxAgeMs: day,
    maxBytes: 128 * mebibyte,
    producer: 'userapi',
    consumers: ['syncapi', 'federationapi', 'appservice'],
    status: 'planned',
  },
  {
    // Unread counts by the push rules; userapi sends them to push gateways.
    kind: 'log',
    name: 'NOTIFICATION_LOG',
    subject: 'plexus.log.notification',
    maxAgeMs: day,
    maxBytes: 64 * mebibyte,
    producer: 'syncapi',
    consumers: ['userapi'],
    status: 'planned',
  },
  {
    // EDUs that other servers sent: receipts, typing, presence, device lists, to-device, durable before the transaction is acked.
    kind: 'log',
    name: 'FEDERATION_INBOUND_LOG',
    subject: 'plexus.log.federation_inbound',
    maxAgeMs: day,
    maxBytes: 64 * mebibyte,
    producer: 'federationapi',
    consumers: ['userapi', 'syncapi', 'typing'],
    status: 'planned',
  },
  {
    // A destination has something to be sent, or answers again: whichever replica holds its cursor goes on.
    kind: 'broadcast',
    name: 'FEDERATION_OUTBOUND',
    subject: 'plexus.broadcast.federation_outbound',
    maxAgeMs: 0,
    maxBytes: 0,
    producer: 'federationapi',
    consumers: ['federationapi'],
    status: 'planned',
  },
];

function describe(stream: Omit<StreamDescription, 'status'>): Omit<StreamDescription, 'status'> {
  const { kind, name, subject, maxAgeMs, maxBytes, producer, consumers } = stream;
  return { kind, name, subject, maxAgeMs, maxBytes, producer, consumers };
}
