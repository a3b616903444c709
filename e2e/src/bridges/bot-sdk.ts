import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Json } from '../stack/http-client.ts';

/* What the tests use of matrix-bot-sdk, which is installed apart from the product and its types. */

export interface Intent {
  readonly userId: string;
  readonly underlyingClient: {
    setDisplayName(name: string): Promise<void>;
    setAvatarUrl(url: string): Promise<void>;
    createRoom(options: object): Promise<string>;
    getUserProfile(userId: string): Promise<Json>;
  };
  ensureRegistered(): Promise<void>;
  joinRoom(roomIdOrAlias: string): Promise<string>;
  sendText(roomId: string, body: string): Promise<string>;
}

export interface Appservice {
  readonly botIntent: Intent;
  begin(): Promise<void>;
  stop(): void;
  getIntentForUserId(userId: string): Intent;
  on(event: 'query.user', listener: (userId: string, create: (wanted: object | false) => void) => void): void;
  on(event: 'query.room', listener: (alias: string, create: (wanted: object | false) => void) => void): void;
  on(event: 'room.invite' | 'room.message', listener: (roomId: string, event: Json) => void): void;
}

export interface AppserviceOptions {
  readonly port: number;
  readonly bindAddress: string;
  readonly homeserverName: string;
  readonly homeserverUrl: string;
  readonly registration: object;
}

interface BotSdk {
  readonly Appservice: new (options: AppserviceOptions) => Appservice;
  readonly LogService: { setLevel(level: unknown): void };
  readonly LogLevel: { readonly ERROR: unknown };
}

/** The application service of a bridge written with matrix-bot-sdk. */
export function botSdkAppservice(options: AppserviceOptions): Appservice {
  const folder = process.env['PLEXUS_TEST_BOT_SDK'];
  if (folder === undefined) throw new Error('matrix-bot-sdk is missing: ./plexus test installs it, with npm');
  const sdk: BotSdk = createRequire(join(folder, 'package.json'))('matrix-bot-sdk');
  sdk.LogService.setLevel(sdk.LogLevel.ERROR);
  return new sdk.Appservice(options);
}
