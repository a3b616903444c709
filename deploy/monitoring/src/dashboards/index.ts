import type { Dashboard } from '../panel.ts';
import { clients } from './clients.ts';
import { database } from './database.ts';
import { federationAndBridges } from './federation.ts';
import { overview } from './overview.ts';
import { roomserver } from './roomserver.ts';
import { runtime } from './runtime.ts';
import { streams } from './streams.ts';

export const dashboards: readonly Dashboard[] = [
  overview,
  clients,
  roomserver,
  streams,
  database,
  runtime,
  federationAndBridges,
];
