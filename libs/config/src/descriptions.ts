/** What a key of the configuration means, for the JSON schema and the operator's reference. */
export interface KeyDescription {
  readonly text: string;
  readonly unit?: string;
}

const of = (text: string, unit?: string): KeyDescription => ({ text, ...(unit !== undefined && { unit }) });

/** By the path of the key: `[]` stands for an entry of a list, `*` for each of several keys that mean the same. */
export const descriptions: Readonly<Record<string, KeyDescription>> = {
  serverName: of('The part after the colon in user ids, in lower case. It cannot be changed once there is an account.'),
  publicBaseUrl: of(
    'Where clients reach this server, for example `https://matrix.example.org`. Without it they are told of no address.',
  ),
  postgres: of('The one PostgreSQL of all services; each has a schema of its own in it.'),
  'postgres.url': of('`postgresql://user:password@host:port/database`, or a unix socket as `?host=/path`.'),
  'postgres.parameters': of('Parameters added to the URL, for example `sslmode=verify-full&sslrootcert=/path`.'),
  'postgres.user': of('For a URL that has none.'),
  'postgres.password': of('For a URL that has none.'),
  'postgres.maxConnections': of('Largest pool of one process; roomserver opens 12 more.', 'connections'),
  nats: of('NATS with JetStream, which carries the newest part of each log.'),
  'nats.servers': of('`nats://host:port` of one or more servers of one cluster.'),
  'nats.token': of('Shown to the servers.'),
  'nats.user': of("The token's alternative, with a password."),
  'nats.password': of('Of the user.'),
  'nats.replicas': of('Copies of every stream in a cluster of several servers.'),
  redis: of('Holds what may be forgotten. Without Redis all services must share one process.'),
  'redis.url': of('`redis://host:port`, or `rediss://` for TLS.'),
  'redis.user': of('For a URL that has none.'),
  'redis.password': of('For a URL that has none.'),
  soleProcess: of(
    'No other process writes to this database: how far logs are committed is known in memory. `plexus up` sets it.',
  ),
  signingKeyFile: of('File of the Ed25519 keys of this server, a line each; the first signs. Never lose it.'),
  oldSigningKeys: of(
    'Keys that this server has signed with, for others to check old events. `plexus keys rotate` adds to them.',
  ),
  'oldSigningKeys[].keyId': of('For example `ed25519:a_1`.'),
  'oldSigningKeys[].publicKey': of('32 bytes in unpadded base64.'),
  'oldSigningKeys[].expiredAt': of('When it was last signed with.', 'milliseconds since 1970'),
  listen: of('Where this process listens. Only what its services need is opened.'),
  'listen.http': of('Client-server API; of a gateway also what other processes answer.'),
  'listen.rpc': of('Calls between services. Never to be reached from outside.'),
  'listen.metrics': of('`/metrics`, `/health/live` and `/health/ready`. Never to be reached from outside.'),
  'listen.federation': of('Server-server API, always with TLS.'),
  'listen.*.host': of('Address to listen on.'),
  'listen.*.port': of('Port to listen on; 0: any free one.'),
  'listen.tls': of(
    'Certificate and key that `listen.http` speaks TLS with; without them it is plain, for a proxy in front. Renewed files are taken by themselves.',
  ),
  'listen.tls.certificateFile': of('Certificate chain, PEM.'),
  'listen.tls.keyFile': of('Private key without a passphrase, PEM.'),
  services: of('Where the services are that run in other processes.'),
  'services.*': of('The replicas of this service.'),
  'services.*.replicas': of(
    '`listed`: each address is one replica. `dns`: each name stands for all addresses that it has, asked again every few seconds.',
  ),
  'services.*.rpc': of('`host:port` of the gRPC side of every replica.'),
  'services.*.http': of('Base URL of the HTTP side of every replica.'),
  rpc: of('Calls between processes.'),
  'rpc.token': of('Shared by all processes; without it anybody who reaches the port may call.'),
  'rpc.timeoutMs': of('How long a call may take when its caller says nothing.', 'ms'),
  registration: of('Who may make an account. An administrator can always make one.'),
  'registration.open': of('Strangers may register.'),
  'registration.requireToken': of('Strangers may register with a registration token, and not without one.'),
  'registration.sharedSecret': of('Secret of `/_synapse/admin/v1/register`; without it that is off.'),
  rateLimits: of('Limits on how often a client may ask. Taken anew on SIGHUP.'),
  'rateLimits.enabled': of('False answers everybody as fast as they ask.'),
  'rateLimits.classes': of('Token buckets by class of operation; classes that are not named keep their defaults.'),
  'rateLimits.classes.*': of('Bucket of this class.'),
  'rateLimits.classes.*.perSecond': of('How fast the bucket fills.', 'requests per second'),
  'rateLimits.classes.*.burst': of('How much the bucket holds.', 'requests'),
  passwords: of("Cost of argon2id, which hashes passwords. The defaults are OWASP's."),
  'passwords.memoryKib': of('Memory of one hash.', 'KiB'),
  'passwords.iterations': of('Passes over the memory.'),
  'passwords.parallelism': of('Lanes.'),
  'passwords.minLength': of('Shortest password that is taken.', 'characters'),
  statistics: of('Who uses the server, by day.'),
  'statistics.reportSeconds': of(
    'How often processes tell what they have seen; also how exact the last use of a device is.',
    's',
  ),
  'statistics.retentionDays': of('How long it is kept.', 'days'),
  rooms: of('Rooms.'),
  'rooms.defaultVersion': of('Version of a room whose creator does not choose.'),
  'rooms.compressAfterDays': of(
    'Age after which the bodies of messages are compressed in the background; 0: never.',
    'days',
  ),
  media: of('Files that users upload.'),
  'media.directory': of('Folder of the files; made when it is absent.'),
  'media.maxUploadBytes': of('Largest upload.', 'bytes'),
  'media.reserveBytes': of(
    'Room on the disk of the folder that uploads leave free, for the database and the logs beside it: they are refused (507) before. 0: none.',
    'bytes',
  ),
  'media.maxImagePixels': of('Width times height that an image may have to get a thumbnail.', 'pixels'),
  'media.unauthenticatedDownloads': of(
    'What is uploaded while this is true can be downloaded without an access token, for ever; what is uploaded while it is false never can.',
  ),
  memory: of('Memory of one process.'),
  'memory.budget': of(
    'What the caches and windows of the process may take together, as bytes or as `512Mi`; the process itself takes about 200 MiB besides. Without it half of what the limit of the container leaves, or a sixteenth of the machine.',
    'bytes',
  ),
  appservices: of('Registration files of application services (YAML). Taken anew on SIGHUP.'),
  federation: of('Other servers.'),
  'federation.enabled': of('False: this server keeps to itself.'),
  'federation.tls': of(
    'Certificate and key of `listen.federation`. Without them it has a certificate of its own making, which other servers refuse. Renewed files are taken by themselves.',
  ),
  'federation.tls.certificateFile': of('Certificate chain, PEM.'),
  'federation.tls.keyFile': of('Private key without a passphrase, PEM.'),
  'federation.authoritiesFile': of("Certificate authorities that are trusted besides the system's, PEM."),
  'federation.verifyCertificates': of('False trusts any certificate of another server: for tests.'),
  'federation.allowedAddressRanges': of(
    'Private addresses that other servers may be at all the same; all others are refused.',
  ),
  'federation.allowedServers': of('The only servers that are spoken with. Absent: every server but the denied.'),
  'federation.deniedServers': of('Servers that are not spoken with.'),
  shutdown: of('The end of a process.'),
  'shutdown.drainMs': of(
    'How long a process that is told to stop goes on serving after it said that it is not ready: until its callers have heard of it.',
    'ms',
  ),
  adminApi: of(
    "Answer the administrators' HTTP API, `/_synapse/admin` and `/_plexus/admin`, on the listener for clients. `plexus admin` does without.",
  ),
  accessLog: of('One line in the log for every request.'),
  logLevel: of('The least important lines that are written. Taken anew on SIGHUP.'),
  tracing: of('Traces.'),
  'tracing.otlpEndpoint': of('OTLP over HTTP, for example `http://collector:4318`; without it there is no tracing.'),
  'tracing.jaegerAgent': of('An old Jaeger agent: thrift over UDP. Where OTLP is to be had it is better.'),
  'tracing.jaegerAgent.host': of('Host of the agent.'),
  'tracing.jaegerAgent.port': of('Port of the agent.'),
  'tracing.sampleRatio': of('Share of the traces that are sampled, from 0 to 1.'),
  trustedProxies: of('Addresses of proxies whose X-Forwarded-For and traceparent are believed.'),
  turn: of('The TURN server through which clients call each other.'),
  'turn.uris': of('For example `turn:turn.example.org:3478?transport=udp`. Without any, clients are given no server.'),
  'turn.sharedSecret': of(
    'What the TURN server derives passwords from (coturn: `static-auth-secret`). Each user gets a password of their own.',
  ),
  'turn.username': of('Where all users share one account of the TURN server instead.'),
  'turn.password': of('Of that account.'),
  'turn.ttlSeconds': of('How long a password is good for.', 's'),
  wellKnown: of('What `/.well-known/matrix/…` answers.'),
  'wellKnown.client': of(
    '`m.homeserver` of `/.well-known/matrix/client`; `publicBaseUrl` when it is absent. Without either that answers 404.',
  ),
  'wellKnown.clientContent': of(
    'Further keys of `/.well-known/matrix/client`, for example `io.element.e2ee`, `m.identity_server` or `org.matrix.msc4143.rtc_foci`.',
  ),
  'wellKnown.server': of(
    '`m.server` of `/.well-known/matrix/server`, for example `matrix.example.org:443`; without it that answers 404.',
  ),
  'wellKnown.support': of('What `/.well-known/matrix/support` answers; without it that is 404.'),
  'wellKnown.support.contacts': of('People to turn to, each with a `matrixId`, an `emailAddress` or both.'),
  'wellKnown.support.contacts[].role': of('What for.'),
  'wellKnown.support.contacts[].matrixId': of('User id.'),
  'wellKnown.support.contacts[].emailAddress': of('E-mail address.'),
  'wellKnown.support.supportPage': of('A page for users.'),
};

/** The description of a key by its whole path; undefined when it has none. */
export function descriptionOf(path: string): KeyDescription | undefined {
  const exact = descriptions[path];
  if (exact !== undefined) return exact;
  const parts = path.split('.');
  for (let index = 1; index < parts.length; index++) {
    const found = descriptions[[...parts.slice(0, index), '*', ...parts.slice(index + 1)].join('.')];
    if (found !== undefined) return found;
  }
  return undefined;
}
