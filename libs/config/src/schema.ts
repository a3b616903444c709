import { z } from 'zod';
import { withCredentials } from './credentials.ts';
import { address, addressRange, byteSize, bytes, hostAndPort, serverName, text, tokenBucket, url } from './values.ts';

/*
 * The whole configuration: what a key means, its unit, and the default. Every key that is not here is an error. Keys that hold a secret
 * may be given as `<key>File` instead, the file holding nothing else (see secret-files.ts).
 */

/** One PostgreSQL for all services; each has a schema of its own in it. */
const postgres = z
  .strictObject({
    url: url('postgres', 'postgresql'),
    /** Added to the URL, for example sslmode=verify-full. */
    parameters: text.optional(),
    /** For a URL that has none: operators of PostgreSQL keep user and password apart. */
    user: text.optional(),
    password: text.optional(),
    /** Of one process. */
    maxConnections: z.number().int().min(2).max(1000).default(16),
  })
  .transform(withCredentials);

const nats = z.strictObject({
  servers: z.array(url('nats', 'tls')).min(1),
  token: text.optional(),
  user: text.optional(),
  password: text.optional(),
  /** Copies of every stream in a cluster of several servers. */
  replicas: z.number().int().min(1).max(5).default(1),
});

/** Without Redis all services must share one process. */
const redis = z
  .strictObject({ url: url('redis', 'rediss'), user: text.optional(), password: text.optional() })
  .transform(withCredentials);

/** Where this process listens. `plexus run` opens what its services need. */
const listen = z.strictObject({
  /** Client-server API; with `gateway` also what other processes answer. */
  http: address.optional(),
  /** Key and certificate, PEM, that `http` speaks TLS with; without it that is plain, for a proxy in front. */
  tls: z.strictObject({ certificateFile: text, keyFile: text }).optional(),
  /** Calls between services. Never reachable from outside. */
  rpc: address.optional(),
  /** /metrics, /health/live and /health/ready. */
  metrics: address.default({ host: '127.0.0.1', port: 0 }),
  /** Server-server API, always with TLS. */
  federation: address.optional(),
});

const peer = z.strictObject({
  /** `listed`: each address is one replica. `dns`: each name stands for all addresses it has, asked again every few seconds. */
  replicas: z.enum(['listed', 'dns']).default('listed'),
  /** gRPC of every replica. */
  rpc: z.array(hostAndPort).default([]),
  /** Base URL of every replica's HTTP side. */
  http: z.array(url('http', 'https')).default([]),
});

/** Where the services are that run in other processes. */
const services = z
  .strictObject({
    userapi: peer.optional(),
    roomserver: peer.optional(),
    typing: peer.optional(),
    appservice: peer.optional(),
    federationapi: peer.optional(),
    mediaapi: peer.optional(),
    syncapi: peer.optional(),
    clientapi: peer.optional(),
  })
  .default({});

/** Calls between processes. */
const rpc = z
  .strictObject({
    /** Shared by all processes; without it anybody who reaches the port may call. */
    token: text.optional(),
    /** How long a call may take when its caller says nothing. */
    timeoutMs: z.number().int().min(100).max(600_000).default(10_000),
  })
  .prefault({});

/** Who may make an account. Closed unless somebody opens it; an account can always be made with the shared secret or on the console. */
const registration = z
  .strictObject({
    /** Strangers may register. */
    open: z.boolean().default(false),
    /** Strangers may register with a registration token, and not without one. */
    requireToken: z.boolean().default(false),
    /** Secret of /_synapse/admin/v1/register; without it that is off. */
    sharedSecret: text.optional(),
  })
  .prefault({});

/** Token buckets by class of operation; classes that are not named keep their defaults. */
const rateLimits = z
  .strictObject({
    enabled: z.boolean().default(true),
    classes: z
      .strictObject({
        general: tokenBucket.optional(),
        message: tokenBucket.optional(),
        login: tokenBucket.optional(),
        loginAccount: tokenBucket.optional(),
        interactiveAuth: tokenBucket.optional(),
        registration: tokenBucket.optional(),
        registrationCheck: tokenBucket.optional(),
        join: tokenBucket.optional(),
        invite: tokenBucket.optional(),
        inviteReceived: tokenBucket.optional(),
        accountData: tokenBucket.optional(),
        presence: tokenBucket.optional(),
        mediaUpload: tokenBucket.optional(),
        thirdPartyIdentifier: tokenBucket.optional(),
      })
      .default({}),
  })
  .prefault({});

/** Who uses the server, by day. */
const statistics = z
  .strictObject({
    /** How often processes tell what they have seen; also how exact the last use of a device is. */
    reportSeconds: z.int().min(1).max(3_600).default(120),
    /** Days that are kept. */
    retentionDays: z.int().min(31).max(1_000).default(400),
  })
  .prefault({});

/** Cost of argon2id, which hashes passwords. The defaults are OWASP's: 19 MiB, 2 iterations, 1 lane. */
const passwords = z
  .strictObject({
    memoryKib: z.number().int().min(8).max(4_194_304).default(19_456),
    iterations: z.number().int().min(1).max(100).default(2),
    parallelism: z.number().int().min(1).max(64).default(1),
    minLength: z.number().int().min(1).max(128).default(8),
  })
  .prefault({});

const rooms = z
  .strictObject({
    /** Version of a room whose creator does not choose. */
    defaultVersion: z.enum(['10', '11', '12']).default('12'),
    /** Age after which the bodies of messages are compressed in the background; 0: never. Reading them takes a little longer. */
    compressAfterDays: z.number().int().min(0).max(3650).default(7),
  })
  .prefault({});

const media = z.strictObject({
  /** Folder of the files; made when absent. */
  directory: text,
  maxUploadBytes: bytes.default(104_857_600),
  /** Room on the disk of the folder that uploads leave free, for the database and the logs beside it: they are refused (507) before. 0: none. */
  reserveBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(536_870_912),
  /** Width times height an image may have to get a thumbnail. */
  maxImagePixels: z.number().int().min(1).max(1_000_000_000).default(50_000_000),
  /**
   * What is uploaded while this is true can be downloaded without an access token, by the paths from before v1.11 and for ever; what is uploaded
   * while it is false never can (the freeze of Matrix 1.12).
   */
  unauthenticatedDownloads: z.boolean().default(false),
});

/** Memory of one process. */
const memory = z
  .strictObject({
    /** What its caches and windows may take together. */
    budget: byteSize.optional(),
  })
  .prefault({});

const federation = z
  .strictObject({
    enabled: z.boolean().default(true),
    /** Without it the listener has a certificate of its own making, which other servers refuse: put a proxy in front of the HTTP side instead. */
    tls: z.strictObject({ certificateFile: text, keyFile: text }).optional(),
    /** Certificate authorities trusted besides the system's, PEM. */
    authoritiesFile: text.optional(),
    /** False trusts any certificate of another server: for tests. */
    verifyCertificates: z.boolean().default(true),
    /** Private addresses that other servers may be at all the same; all others are refused. */
    allowedAddressRanges: z.array(addressRange).default([]),
    /** Undefined: every server but the denied. */
    allowedServers: z.array(serverName).optional(),
    deniedServers: z.array(serverName).default([]),
  })
  .prefault({});

const shutdown = z
  .strictObject({
    /** How long a process that is told to stop goes on serving after it said that it is not ready: until its callers have heard of it. */
    drainMs: z.number().int().min(0).max(300_000).default(0),
  })
  .prefault({});

const tracing = z
  .strictObject({
    /** OTLP over HTTP, for example http://collector:4318; without it there is no tracing. */
    otlpEndpoint: url('http', 'https').optional(),
    /** An old Jaeger agent's port for clients of Node: thrift binary over UDP. Where OTLP is to be had it is better. */
    jaegerAgent: z.strictObject({ host: text, port: z.int().min(1).max(65_535).default(6832) }).optional(),
    /** Share of the traces that are sampled. */
    sampleRatio: z.number().min(0).max(1).default(0.01),
  })
  .prefault({});

/** The TURN server through which clients call each other. */
const turn = z
  .strictObject({
    /** For example turn:turn.example.org:3478?transport=udp. Without any, clients are given no server. */
    uris: z
      .array(z.string().regex(/^turns?:[^\s]+$/, 'must be a TURN URI such as turn:turn.example.org:3478'))
      .default([]),
    /** What the TURN server derives passwords from (coturn: static-auth-secret). Each user gets a password of their own, for `ttlSeconds`. */
    sharedSecret: text.optional(),
    /** Where all users share one account of the TURN server instead. */
    username: text.optional(),
    password: text.optional(),
    ttlSeconds: z.int().min(60).max(31_536_000).default(86_400),
  })
  .refine(
    ({ uris, sharedSecret, username, password }) =>
      uris.length === 0 || sharedSecret !== undefined || (username !== undefined && password !== undefined),
    'must have sharedSecret, or username and password, beside uris',
  )
  .prefault({});

/** A person to turn to: Client-Server API, "GET /.well-known/matrix/support". */
const supportContact = z.strictObject({
  role: z.enum(['m.role.admin', 'm.role.security', 'm.role.moderator', 'm.role.dpo']),
  matrixId: z
    .string()
    .regex(/^@[^:]+:.+$/, 'must be a user id such as @admin:example.org')
    .optional(),
  emailAddress: z.email('must be an e-mail address').optional(),
});

const wellKnown = z
  .strictObject({
    /** m.homeserver base_url of /.well-known/matrix/client; publicBaseUrl when absent. */
    client: url('http', 'https').optional(),
    /** Further keys of /.well-known/matrix/client, for example io.element.e2ee, m.identity_server or org.matrix.msc4143.rtc_foci. */
    clientContent: z.record(z.string(), z.unknown()).default({}),
    /** m.server of /.well-known/matrix/server, for example matrix.example.org:443; without it that answers 404. */
    server: serverName.optional(),
    /** /.well-known/matrix/support; without it that answers 404. */
    support: z
      .strictObject({ contacts: z.array(supportContact).default([]), supportPage: url('http', 'https').optional() })
      .optional(),
  })
  .prefault({});

/** Keys this server once signed with, for others to check old events. */
const oldSigningKey = z.strictObject({
  keyId: z.string().regex(/^ed25519:[a-zA-Z0-9_]+$/, 'must be a key id such as ed25519:a_1'),
  /** Unpadded base64. */
  publicKey: z.string().regex(/^[A-Za-z0-9+/]{43}$/, 'must be 32 bytes in unpadded base64'),
  /** Milliseconds since the epoch. */
  expiredAt: z.number().int().min(0),
});

export const schema = z.strictObject({
  /** The part after the colon in user ids, in lower case. It cannot be changed once there is an account. */
  serverName: serverName.refine(
    (name) => name === name.toLowerCase(),
    'must be in lower case: other servers take Example.org and example.org for two servers',
  ),
  /** Where clients reach this server, for example https://matrix.example.org; without it, or with an empty value, they are told of no address. */
  publicBaseUrl: url('http', 'https')
    .transform((value) => value.replace(/\/+$/, ''))
    .nullish()
    .transform((value) => value ?? undefined),
  postgres,
  nats,
  redis: redis.optional(),
  /**
   * This is the only process of the installation: no other writes to its database while it runs. It then knows from memory how far the logs are
   * written, where others ask the database. `plexus up` sets it.
   */
  soleProcess: z.boolean().default(false),
  /** File of the Ed25519 key this server signs with. */
  signingKeyFile: text,
  oldSigningKeys: z.array(oldSigningKey).default([]),
  listen: listen.prefault({}),
  services,
  rpc,
  registration,
  rateLimits,
  passwords,
  statistics,
  rooms,
  media,
  memory,
  /** Registration files of application services (YAML). */
  appservices: z.array(text).default([]),
  federation,
  shutdown,
  /**
   * Answer the administrators' HTTP API, /_synapse/admin and /_plexus/admin, on the listener for clients. `plexus admin` does without, and
   * registration with a shared secret needs its secret alone.
   */
  adminApi: z.boolean().default(false),
  /** A line of the log for each request: operation, status, milliseconds, user, address, request id. Logins and what administrators do are logged anyway. */
  accessLog: z.boolean().default(true),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  tracing,
  /** Addresses of proxies whose X-Forwarded-For and traceparent are believed. */
  trustedProxies: z.array(addressRange).default([]),
  wellKnown,
  turn,
});

/** The checked configuration of a process, all defaults filled in. */
export type PlexusConfig = z.output<typeof schema>;
