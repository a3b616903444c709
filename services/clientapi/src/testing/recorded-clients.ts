import type { MembershipService } from '@plexus/contracts/membership';
import type { RoomserverService, SendEvent } from '@plexus/contracts/roomserver';
import type { UserapiService } from '@plexus/contracts/userapi';
import type { Clients } from '@plexus/service';

/** What was asked for that would change something, in order. */
export type Written = { readonly call: string; readonly request: unknown }[];

/** Neighbours that know one user, in no room, and remember what they were told to change: what the edge does is seen alone. */
export function recordedClients(written: Written): Clients {
  const write =
    <Request, Answer>(call: string, answer: (request: Request) => Answer) =>
    async (request: Request): Promise<Answer> => {
      written.push({ call, request });
      return answer(request);
    };
  return {
    userapi: userapi(write),
    roomserver: roomserver(write),
    membership: membership(write),
    syncapi: {
      setReceipts: write('setReceipts', () => ({})),
      resolveToken: async () => ({}),
      readLog: noLog,
    },
    typing: { setTyping: write('setTyping', () => ({})), getTyping: async () => ({ rooms: [] }) },
    appservice: {
      listRegistrations: async () => ({ registrations: [] }),
      queryExistence: async () => ({ exists: false }),
    },
    federationapi: {
      getServerKeys: async () => ({ keys: [] }),
      getMissingEvents: noEvents,
      getEventAuth: noEvents,
      getStateIds: async () => ({ stateEventIds: [], authEventIds: [] }),
      getRemoteEvents: noEvents,
      backfill: noEvents,
    },
  };
}

function membership(write: Write): MembershipService {
  const done = () => ({});
  return {
    joinRoom: write('joinRoom', done),
    inviteUser: write('inviteUser', done),
    leaveRoom: write('leaveRoom', done),
    kick: write('kick', done),
    ban: write('ban', done),
    unban: write('unban', done),
    knockRoom: write('knockRoom', done),
    updateMemberProfile: write('updateMemberProfile', () => ({ refused: 0 })),
  };
}

type Write = <Request, Answer>(
  call: string,
  answer: (request: Request) => Answer,
) => (request: Request) => Promise<Answer>;

export const password = 'correct horse battery staple';
const session = { userId: '@alice:example.org', deviceId: 'DEVICE', accessToken: 'token' };
const wrongPassword = { status: 403, errcode: 'M_FORBIDDEN', error: 'The user name or the password is wrong' };

const noStatistics = {
  accounts: 0,
  appserviceAccounts: 0,
  deactivatedAccounts: 0,
  registered: 0,
  activeUsers: 0,
  days: [],
  clients: [],
  operations: [],
  resources: [],
  databaseBytes: 0,
};

async function noEvents(): Promise<{ pdus: [] }> {
  return { pdus: [] };
}

async function noLog(): Promise<{ entries: []; head: number }> {
  return { entries: [], head: 0 };
}

function userapi(write: Write): UserapiService {
  return {
    register: write('register', () => ({
      result: { $case: 'account', value: { userId: session.userId, session } },
    })),
    checkUsername: async ({ localpart }) =>
      /^[a-z0-9.]+$/.test(localpart) ? {} : { error: { status: 400, errcode: 'M_INVALID_USERNAME', error: '' } },
    loginPassword: async (request) =>
      request.password === password
        ? { result: { $case: 'session', value: session } }
        : { result: { $case: 'error', value: wrongPassword } },
    createSession: write('createSession', () => ({ result: { $case: 'session', value: session } })),
    verifyPassword: async (request) => (request.password === password ? {} : { error: wrongPassword }),
    introspect: async () => ({ tokens: [] }),
    checkMasquerade: async () => ({}),
    endSessions: write('endSessions', () => ({ ended: 1 })),
    setPassword: write('setPassword', () => ({})),
    deactivateAccount: write('deactivateAccount', () => ({})),
    getDevices: async () => ({ users: [{ userId: session.userId, devices: [{ deviceId: 'DEVICE' }] }] }),
    updateDevice: write('updateDevice', () => ({})),
    getProfiles: async ({ userIds }) => ({
      profiles: userIds.map((userId) => ({ userId, exists: true, fields: { displayname: '"Alice"' } })),
    }),
    setProfileField: write('setProfileField', () => ({})),
    getAccountData: async () => ({ items: [], position: 0 }),
    setAccountData: write('setAccountData', () => ({})),
    deleteRoomData: write('deleteRoomData', () => ({})),
    checkRegistrationToken: async ({ token }) => ({ valid: token === 'invited' }),
    createRegistrationToken: write('createRegistrationToken', () => ({ result: { $case: 'token', value: 't' } })),
    listRegistrationTokens: async () => ({ tokens: [] }),
    revokeRegistrationToken: write('revokeRegistrationToken', () => ({ revoked: true })),
    listAccounts: async () => ({ accounts: [] }),
    setAdministrator: write('setAdministrator', () => ({})),
    getPushers: async () => ({ pushers: [] }),
    setPusher: write('setPusher', () => ({})),
    deletePusher: write('deletePusher', () => ({})),
    getThirdPartyIdentifiers: async () => ({
      identifiers: [{ medium: 'email', address: 'alice@example.org', validatedTs: 1, addedTs: 2 }],
    }),
    recordActivity: async () => ({}),
    getStatistics: async () => noStatistics,
    readLog: noLog,
  };
}

function roomserver(write: Write): RoomserverService {
  return {
    createRoom: write('createRoom', () => ({ result: { $case: 'roomId', value: '!new:example.org' } })),
    sendEvents: write('sendEvents', ({ events }: { events: SendEvent[] }) => ({
      results: events.map(() => ({ result: { $case: 'eventId', value: '$sent' } })),
    })),
    inputEvents: async () => ({ results: [] }),
    getEvents: async () => ({ events: [] }),
    queryState: async ({ queries }) => ({
      rooms: queries.map(({ roomId }) => ({ roomId, exists: false, events: [] })),
    }),
    queryMembers: async ({ roomIds }) => ({
      rooms: roomIds.map((roomId) => ({ roomId, exists: false, members: [] })),
    }),
    queryMemberships: async () => ({ memberships: [] }),
    queryRooms: async () => ({ rooms: [] }),
    upgradeRoom: write('upgradeRoom', () => ({ result: { $case: 'replacementRoom', value: '!new:example.org' } })),
    forgetRoom: write('forgetRoom', () => ({})),
    deleteRoom: write('deleteRoom', () => ({ result: { $case: 'removalId', value: 'removal' } })),
    purgeHistory: write('purgeHistory', () => ({ result: { $case: 'removalId', value: 'removal' } })),
    queryRemovals: async () => ({ removals: [] }),
    setRoomBlocked: write('setRoomBlocked', () => ({})),
    queryRoomBlocked: async () => ({}),
    setAlias: write('setAlias', () => ({})),
    deleteAlias: write('deleteAlias', () => ({})),
    resolveAliases: async ({ aliases }) => ({ aliases: aliases.map((alias) => ({ alias })) }),
    setDirectoryVisibility: write('setDirectoryVisibility', () => ({})),
    setNetworkListing: write('setNetworkListing', () => ({})),
    queryPublishedRooms: async () => ({ rooms: [], totalEstimate: 0 }),
    queryAuthChains: async () => ({ chains: [] }),
    queryStateIds: async () => ({ states: [] }),
    queryMissingEvents: async () => ({ events: [] }),
    queryEventsBefore: async () => ({ events: [] }),
    queryLatestEvents: async () => ({ rooms: [] }),
    queryJoinedServers: async () => ({ rooms: [] }),
    queryServersInRooms: async () => ({ joined: [] }),
    queryHierarchy: async () => ({ rooms: [] }),
    readLog: noLog,
  };
}
