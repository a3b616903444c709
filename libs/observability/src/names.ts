/**
 * Names of spans and attributes, in one place, so that a query in the tracing backend finds every service. Conventions:
 *
 * - Span names have few values: `<kind> <operation>`, for example `rpc RoomserverService/SendEvents`,
 *   `http client.sendMessage`, `publish ROOM_LOG`, `consume ROOM_LOG`, `sql roomserver_insert_events`.
 * - Attributes follow OpenTelemetry's semantic conventions where there is one, else they begin with `plexus.`.
 * - No attribute, metric label or log field carries an id of a user, device, room or event, a token, an address of a client or a body.
 *   The type `SpanAttributes` takes the names below alone; a new one is added here.
 */
export const spanKinds = {
  rpcClient: 'rpc client',
  rpcServer: 'rpc',
  http: 'http',
  httpClient: 'http client',
  sql: 'sql',
  publish: 'publish',
  consume: 'consume',
  work: 'work',
} as const;

export const attributes = {
  errorType: 'error.type',
  rpcSystem: 'rpc.system',
  rpcService: 'rpc.service',
  rpcMethod: 'rpc.method',
  rpcStatus: 'rpc.grpc.status_code',
  rpcTransport: 'plexus.rpc.transport',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  /** Key in libs/routes, for example `client.sendMessage`. */
  operation: 'plexus.operation',
  errcode: 'plexus.errcode',
  dbSystem: 'db.system.name',
  dbStatement: 'db.query.summary',
  dbRows: 'db.response.returned_rows',
  messagingSystem: 'messaging.system',
  messagingDestination: 'messaging.destination.name',
  messagingConsumer: 'messaging.consumer.group.name',
  messagingBatch: 'messaging.batch.message_count',
  firstPosition: 'plexus.log.first_position',
  lastPosition: 'plexus.log.last_position',
  /** Name of another homeserver or push gateway, never of a user. */
  serverAddress: 'server.address',
  service: 'plexus.service',
  roomVersion: 'plexus.room_version',
  eventCount: 'plexus.event_count',
  roomCount: 'plexus.room_count',
  batchSize: 'plexus.batch_size',
  bytes: 'plexus.bytes',
  cacheHit: 'plexus.cache_hit',
  attempt: 'plexus.attempt',
  outcome: 'plexus.outcome',
  stage: 'plexus.stage',
} as const;

export type AttributeName = (typeof attributes)[keyof typeof attributes];
export type SpanAttributes = { readonly [Name in AttributeName]?: string | number | boolean };
