import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { TypingChanged } from '@plexus/contracts/streams/typing';
import type { SyncapiService } from '@plexus/contracts/syncapi';
import type { SetTypingRequest } from '@plexus/contracts/typing';
import { type Handler, MatrixHttpError, type MatrixRequest, type Reply } from '@plexus/http';
import { isUserId, type JsonObject, parseDeviceId } from '@plexus/matrix';
import { systemClock } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { type OperationKey, operations } from '@plexus/routes';
import type { RunningService } from '@plexus/service';
import { type CommittedHeads, roomLog, type StreamConnection, startLogPublisher, userLog } from '@plexus/streams';
import { testObservability } from '@plexus/testkit';
import { startSyncapi } from '../main.ts';
import { ScriptedRooms } from './scripted-rooms.ts';
import { ScriptedUsers } from './scripted-users.ts';

export const serverName = 'example.org';

/** The services behind the contracts, with their logs published on real streams. */
export interface Others {
  readonly rooms: ScriptedRooms;
  readonly users: ScriptedUsers;
  /** What the owner of typing answers when it is asked. */
  readonly typing: TypingChanged[];
  /** Who types no longer, as the owner of typing was told. */
  readonly endedTyping: { readonly roomId: string; readonly userId: string }[];
  stop(): Promise<void>;
}

export function startOthers(streams: StreamConnection): Others {
  const rooms = new ScriptedRooms();
  const users = new ScriptedUsers();
  const observability = testObservability();
  const readRooms = ({ from, to, limit }: { from: number; to: number | undefined; limit: number }) =>
    rooms.readLog({ from, to: to ?? 0, limit, partition: 0 });
  const readUsers = ({ from, to, limit }: { from: number; to: number | undefined; limit: number }) =>
    users.readLog({ from, to: to ?? 0, limit });
  const roomPublisher = startLogPublisher(streams, { stream: roomLog, readLog: readRooms }, observability);
  const userPublisher = startLogPublisher(streams, { stream: userLog, readLog: readUsers }, observability);
  rooms.publish = (entries) => roomPublisher.publish(entries);
  users.publish = (entries) => userPublisher.publish(entries);
  return {
    rooms,
    users,
    typing: [],
    endedTyping: [],
    stop: async () => void (await Promise.all([roomPublisher.stop(500), userPublisher.stop(500)])),
  };
}

export interface Answered {
  readonly status: number;
  /** Answers have many shapes. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** One replica, called as the HTTP server and its neighbours call it. */
export class Replica {
  readonly service: RunningService;

  private constructor(service: RunningService) {
    this.service = service;
  }

  static async start(
    database: Database,
    streams: StreamConnection,
    others: Others,
    heads?: CommittedHeads,
  ): Promise<Replica> {
    const typing = {
      getTyping: async () => ({ rooms: others.typing }),
      setTyping: async ({ roomId, userId }: SetTypingRequest) => {
        others.endedTyping.push({ roomId, userId });
        return {};
      },
    };
    const clients = { roomserver: others.rooms, userapi: others.users, typing };
    const observability = testObservability('syncapi');
    return new Replica(
      await startSyncapi({ serverName, database, streams, heads, clock: systemClock, observability, clients }),
    );
  }

  async stop(): Promise<void> {
    await this.service.drain();
    await this.service.stop();
  }

  get(key: OperationKey, userId: string, given: Partial<CallOptions> = {}): Promise<Answered> {
    return this.call(key, userId, given);
  }

  sync(userId: string, query: Record<string, string> = {}, given: Partial<CallOptions> = {}): Promise<Answered> {
    return this.call('client.sync', userId, { ...given, query });
  }

  async call(key: OperationKey, userId: string, given: Partial<CallOptions> = {}): Promise<Answered> {
    const handler = this.service.handlers[key];
    if (handler === undefined) throw new Error(`nothing answers ${key}`);
    return answered(handler, requestOf(key, userId, given));
  }

  async setReceipt(userId: string, roomId: string, eventId: string, more: { type?: string; threadId?: string } = {}) {
    const [bound] = this.service.rpc;
    const receipt = { roomId, userId, eventId, receiptType: more.type ?? 'm.read', threadId: more.threadId };
    const method: keyof SyncapiService = 'setReceipts';
    return (await bound?.call(method, { receipts: [receipt] })) as Awaited<ReturnType<SyncapiService['setReceipts']>>;
  }
}

interface CallOptions {
  readonly query: Record<string, string>;
  readonly params: Record<string, string>;
  readonly body: JsonObject;
  readonly deviceId: string;
  readonly signal: AbortSignal;
  /** Throws when the session has ended meanwhile. */
  readonly reauthenticate: () => void;
}

function requestOf(key: OperationKey, userId: string, given: Partial<CallOptions>): MatrixRequest {
  const operation = operations.find((candidate) => candidate.key === key);
  const deviceId = parseDeviceId(given.deviceId ?? 'DEVICE');
  if (operation === undefined || !isUserId(userId) || deviceId === undefined) throw new Error('not a request');
  const incoming = new IncomingMessage(new Socket());
  return {
    operation,
    params: given.params ?? {},
    query: new URLSearchParams(given.query ?? {}),
    headers: {},
    ip: '127.0.0.1',
    body: given.body ?? {},
    bodyText: '',
    receivedAt: Date.now(),
    incoming,
    outgoing: new ServerResponse(incoming),
    get isAbandoned() {
      return given.signal?.aborted ?? false;
    },
    whenAbandoned(listener) {
      given.signal?.addEventListener('abort', listener);
      return () => given.signal?.removeEventListener('abort', listener);
    },
    reauthenticate: () => given.reauthenticate?.(),
    authenticate: () => Promise.reject(new Error('the route says who asks')),
    tokenOwner: () => Promise.reject(new Error('the route says who asks')),
    requester: { kind: 'user', userId, deviceId, admin: false, sessionNid: 1 },
    origin: undefined,
  };
}

async function answered(handler: Handler, request: MatrixRequest): Promise<Answered> {
  try {
    return read(await handler(request));
  } catch (error) {
    if (!(error instanceof MatrixHttpError)) throw error;
    return { status: error.status, body: error.toBody() };
  }
}

function read(reply: Reply): Answered {
  if (reply.kind === 'raw') return { status: reply.status, body: JSON.parse(reply.body.toString()) };
  return { status: reply.status, body: reply.kind === 'json' ? reply.body : undefined };
}
