import { counterOf, gaugeOf, histogramOf } from './definition.ts';

/** A process, whatever runs in it. Node's own (`nodejs_*`, `process_*`) come from prom-client. */
export const processMetrics = {
  ready: gaugeOf('plexus_ready', '1 while the process can do its work'),
  degraded: gaugeOf(
    'plexus_degraded',
    'Things that the process does without for now (NATS, Redis), or that are amiss (clock, collation)',
  ),
  memoryBudget: gaugeOf('plexus_memory_budget_bytes', 'What the caches and windows of the process may take together'),
  buildInfo: gaugeOf('plexus_build_info', '1, with the version of the product, of Node and what the process is', [
    'service',
    'version',
    'node',
  ]),
  signingKeyInfo: gaugeOf(
    'plexus_signing_key_info',
    '1, with the id of the key that this process signs with and the begin of its public half',
    ['key'],
  ),
} as const;

/** From an empty sync to a long poll, in seconds. */
const requestBuckets = [0.0025, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const httpMetrics = {
  requests: counterOf('plexus_http_requests_total', 'Requests answered, by operation and status', [
    'operation',
    'status',
  ]),
  seconds: histogramOf(
    'plexus_http_request_seconds',
    'Time from the arrival of a request to its answer; of a long poll with its waiting',
    ['operation'],
    requestBuckets,
  ),
  inFlight: gaugeOf('plexus_http_requests_in_flight', 'Requests that wait for their answer, long polls too'),
  rateLimited: counterOf('plexus_http_rate_limited_total', 'Requests refused by a rate limit', ['class']),
  responseBytes: counterOf('plexus_http_response_bytes_total', 'Bytes of JSON answers', ['operation']),
} as const;

const call = ['side', 'service', 'method'] as const;

export const rpcMetrics = {
  seconds: histogramOf(
    'plexus_rpc_seconds',
    'Calls between services: count and latency by outcome. Side client: over the wire, as the caller sees it; server: as the answering process; local: inside one process',
    [...call, 'code'],
  ),
  inFlight: gaugeOf('plexus_rpc_in_flight', 'Calls between services that wait for an answer', call),
  queued: gaugeOf(
    'plexus_rpc_queued',
    'Calls to a service in other processes that wait for a place on a stream or for an address',
    ['service'],
  ),
} as const;

export const postgresMetrics = {
  connections: gaugeOf('plexus_postgres_connections', 'Connections to PostgreSQL and callers that wait for one', [
    'state',
  ]),
  maxConnections: gaugeOf('plexus_postgres_max_connections', 'Connections that the pools of the process may open'),
  poolWaitSeconds: histogramOf('plexus_postgres_pool_wait_seconds', 'Time that a caller waited for a connection'),
  statementSeconds: histogramOf(
    'plexus_postgres_statement_seconds',
    'Time of a statement, from sending to the last row',
    ['statement'],
    [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
  ),
  databaseBytes: gaugeOf(
    'plexus_postgres_database_bytes',
    'Size of the database, as every replica of userapi shows it',
  ),
  errors: counterOf('plexus_postgres_errors_total', 'Statements that failed, by SQLSTATE', ['statement', 'sqlstate']),
  clockSkewSeconds: gaugeOf(
    'plexus_postgres_clock_skew_seconds',
    "How far the clock of this machine is ahead of PostgreSQL's, as last asked",
  ),
} as const;

export const cacheMetrics = {
  requests: counterOf('plexus_cache_requests_total', 'Look-ups by cache and outcome', ['cache', 'outcome']),
  evictions: counterOf('plexus_cache_evictions_total', 'Entries that made room for others', ['cache']),
  bytes: gaugeOf('plexus_cache_bytes', 'Bytes held by cache', ['cache']),
  maxBytes: gaugeOf('plexus_cache_max_bytes', 'Bytes that a cache may hold', ['cache']),
  entries: gaugeOf('plexus_cache_entries', 'Entries held by cache', ['cache']),
} as const;

export const sessionMetrics = {
  lookups: counterOf('plexus_session_lookups_total', 'Look-ups of access tokens', ['outcome']),
  entries: gaugeOf('plexus_session_cache_entries', 'Sessions held in memory'),
  invalidationSeconds: histogramOf(
    'plexus_session_invalidation_seconds',
    'Time until no process accepted the tokens of ended sessions any more',
  ),
} as const;
