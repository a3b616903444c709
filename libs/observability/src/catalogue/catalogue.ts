import type { AnyMetric } from './definition.ts';
import { cacheMetrics, httpMetrics, postgresMetrics, processMetrics, rpcMetrics, sessionMetrics } from './process.ts';
import {
  appserviceMetrics,
  federationapiMetrics,
  mediaapiMetrics,
  roomserverMetrics,
  syncapiMetrics,
  typingMetrics,
  userapiMetrics,
} from './services.ts';
import { streamMetrics } from './streams.ts';

/** Every metric of the product by who shows it, in the order of the documentation. */
export const catalogue: Readonly<Record<string, Readonly<Record<string, AnyMetric>>>> = {
  'every process': processMetrics,
  'processes with an HTTP listener': httpMetrics,
  'calls between services': rpcMetrics,
  PostgreSQL: postgresMetrics,
  'logs and streams': streamMetrics,
  caches: cacheMetrics,
  sessions: sessionMetrics,
  roomserver: roomserverMetrics,
  syncapi: syncapiMetrics,
  userapi: userapiMetrics,
  mediaapi: mediaapiMetrics,
  appservice: appserviceMetrics,
  federationapi: federationapiMetrics,
  typing: typingMetrics,
};
