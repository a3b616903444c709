import { availableParallelism, totalmem } from 'node:os';

export type PostgresListener =
  | { readonly kind: 'socket'; readonly folder: string }
  | { readonly kind: 'loopback'; readonly port: number };

/** Only the one role, only by its password, only from this machine. */
export const hostBasedAuthentication = `local all plexus scram-sha-256
host all plexus 127.0.0.1/32 scram-sha-256
`;

/** postgresql.conf for a server that shares its machine with the services. */
export const postgresSettings = (listener: PostgresListener, durable: boolean): string =>
  [
    ...listenerSettings(listener),
    ...sizes(totalmem(), availableParallelism()),
    ...common,
    ...(durable ? [] : forgetful),
  ].join('\n');

const listenerSettings = (listener: PostgresListener): string[] =>
  listener.kind === 'socket'
    ? [
        `listen_addresses = ''`,
        `unix_socket_directories = '${listener.folder.replaceAll("'", "''")}'`,
        'unix_socket_permissions = 0700',
      ]
    : [`listen_addresses = '127.0.0.1'`, `port = ${listener.port}`, `unix_socket_directories = ''`];

const megabyte = 1024 * 1024;

/** An eighth of the memory for pages: the services' own caches answer the hot reads. */
export const sizes = (memoryBytes: number, cores: number): string[] => {
  const memory = Math.floor(memoryBytes / megabyte);
  return [
    `shared_buffers = ${Math.max(64, Math.min(1024, Math.floor(memory / 8)))}MB`,
    `effective_cache_size = ${Math.max(128, Math.floor(memory / 2))}MB`,
    `max_parallel_workers = ${cores}`,
    'max_parallel_workers_per_gather = 0',
  ];
};

// With these a message costs PostgreSQL 0.07 ms of CPU; without compression of the log it is the same within the noise, and writes more.
const common = [
  // Nine processes with pools of 16, and room for people.
  'max_connections = 200',
  'password_encryption = scram-sha-256',
  // Checkpoints by time and far apart: a full page is written to the log once a checkpoint, so rarer checkpoints write less.
  'max_wal_size = 4GB',
  'min_wal_size = 256MB',
  'checkpoint_timeout = 15min',
  'wal_buffers = 16MB',
  'wal_compression = on',
  'work_mem = 16MB',
  'maintenance_work_mem = 128MB',
  'random_page_cost = 1.1',
  // Statements are short: compiling them costs more than it gains.
  'jit = off',
  'autovacuum_naptime = 20s',
  `timezone = 'UTC'`,
  `log_timezone = 'UTC'`,
  `lc_messages = 'C'`,
  `log_line_prefix = '%m [%p] '`,
  // Values of parameters are people's data and stay out of the log.
  'log_parameter_max_length = 0',
  'log_parameter_max_length_on_error = 0',
  'log_min_duration_statement = 1s',
  '',
];

const forgetful = ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off', 'max_connections = 500', ''];
