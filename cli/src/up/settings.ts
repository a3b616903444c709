import { resolve } from 'node:path';

/** The flags of `plexus up` as commander gives them: absent ones are undefined. */
export interface UpFlags {
  readonly data: string;
  readonly serverName?: string;
  readonly bind?: string;
  readonly port?: string;
  readonly federationPort?: string;
  readonly processes?: string;
  readonly openRegistration?: boolean;
  readonly metricsPort?: string;
  readonly publicUrl?: string;
  readonly registrationSharedSecretFile?: string;
  /** Not a way to give it any more. */
  readonly registrationSharedSecret?: unknown;
  readonly newSigningKey?: boolean;
  /** False when --no-rate-limits is given. */
  readonly rateLimits: boolean;
  readonly config?: string;
  readonly appservice: readonly string[];
  readonly postgres?: string;
  readonly nats?: string;
  readonly redis?: string;
}

export type Layout = 'one' | 'each';

export interface UpSettings {
  readonly bind: string;
  /** 0: any free one. */
  readonly port: number;
  readonly federationBind: string;
  readonly federationPort: number;
  readonly metricsBind: string;
  /** Of the first process of services, the others take the following ones; 0: any free ones. */
  readonly metricsPort: number;
  readonly layout: Layout;
  readonly postgresUrl: string | undefined;
  readonly natsUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly serverName: string | undefined;
  /** `listen.tls` as the file has it. */
  readonly tls: unknown;
  /** What the services are configured with, as far as flags and file say it. */
  readonly product: Record<string, unknown>;
}

/** One sentence, naming the key. */
export type SettingError = string;

/**
 * Flags win over the configuration file, the file over the defaults. The file has the keys of `@plexus/config`, of which all may be
 * absent. Never both: settings, or everything that is wrong.
 */
export const mergeSettings = (
  flags: UpFlags,
  file: Readonly<Record<string, unknown>>,
): { settings: UpSettings } | { errors: SettingError[] } => {
  const errors = ownedByUp(file);
  const { listen, ...product } = file;
  const { http, federation, metrics, tls } = section(listen, 'listen', errors);
  const client = section(http, 'listen.http', errors);
  const servers = section(federation, 'listen.federation', errors);
  const measured = section(metrics, 'listen.metrics', errors);
  const settings: UpSettings = {
    bind: text(flags.bind ?? client['host'] ?? '127.0.0.1', 'listen.http.host', errors),
    port: port(flags.port ?? client['port'] ?? 8008, 'listen.http.port', errors),
    federationBind: text(flags.bind ?? servers['host'] ?? '127.0.0.1', 'listen.federation.host', errors),
    federationPort: port(flags.federationPort ?? servers['port'] ?? 8448, 'listen.federation.port', errors),
    metricsBind: text(measured['host'] ?? '127.0.0.1', 'listen.metrics.host', errors),
    metricsPort: port(flags.metricsPort ?? measured['port'] ?? 0, 'listen.metrics.port', errors),
    layout: layout(flags.processes ?? 'one', errors),
    tls,
    postgresUrl: url(
      flags.postgres ?? section(product['postgres'], 'postgres', errors)['url'],
      'postgres.url',
      ['postgres:', 'postgresql:'],
      errors,
    ),
    natsUrl: url(
      flags.nats ?? firstOf(section(product['nats'], 'nats', errors)['servers']),
      'nats.servers',
      ['nats:', 'tls:'],
      errors,
    ),
    redisUrl: url(
      flags.redis ?? section(product['redis'], 'redis', errors)['url'],
      'redis.url',
      ['redis:', 'rediss:'],
      errors,
    ),
    serverName: serverName(flags.serverName ?? product['serverName'], errors),
    product: withFlags(product, flags, errors),
  };
  return errors.length === 0 ? { settings } : { errors };
};

/** What `plexus up` itself decides cannot be configured; what it must know at once is not taken from a file of its own. */
const ownedByUp = (file: Readonly<Record<string, unknown>>): SettingError[] => {
  const listen = section(file['listen'], 'listen', []);
  const decided = ['listen.rpc', 'services', 'soleProcess'].filter((key) =>
    key.startsWith('listen.') ? listen[key.slice('listen.'.length)] !== undefined : file[key] !== undefined,
  );
  const inFiles = ['postgres', 'redis'].filter((key) => section(file[key], key, [])['urlFile'] !== undefined);
  return [
    ...decided.map(
      (key) => `${key}: plexus up decides this itself; remove the key, or start the processes with plexus run`,
    ),
    ...inFiles.map((key) => `${key}.urlFile: plexus up takes the URL itself, as ${key}.url or --${key}`),
  ];
};

const withFlags = (
  product: Readonly<Record<string, unknown>>,
  flags: UpFlags,
  errors: SettingError[],
): Record<string, unknown> => {
  const registration = section(product['registration'], 'registration', errors);
  const rateLimits = section(product['rateLimits'], 'rateLimits', errors);
  const listed = product['appservices'] ?? [];
  if (!Array.isArray(listed)) errors.push('appservices: must be a list of files');
  if (flags.registrationSharedSecret !== undefined)
    errors.push(
      '--registration-shared-secret: every user of this machine could read it in the list of processes; put it into a file, and name that with --registration-shared-secret-file',
    );
  return {
    ...product,
    ...(flags.publicUrl === undefined ? {} : { publicBaseUrl: flags.publicUrl }),
    registration: {
      ...registration,
      ...(flags.openRegistration === true ? { open: true } : {}),
      ...(flags.registrationSharedSecretFile === undefined
        ? {}
        : { sharedSecretFile: resolve(flags.registrationSharedSecretFile) }),
    },
    rateLimits: { ...rateLimits, ...(flags.rateLimits ? {} : { enabled: false }) },
    appservices: [...(Array.isArray(listed) ? listed : []), ...flags.appservice.map((path) => resolve(path))],
  };
};

const section = (value: unknown, key: string, errors: SettingError[]): Record<string, unknown> => {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
  errors.push(`${key}: must be a section with keys`);
  return {};
};

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value);

const text = (value: unknown, key: string, errors: SettingError[]): string => {
  if (typeof value === 'string' && value !== '') return value;
  errors.push(`${key}: must be a text that is not empty`);
  return '';
};

const optionalText = (value: unknown, key: string, errors: SettingError[]): string | undefined =>
  value === undefined ? undefined : text(value, key, errors);

const serverName = (value: unknown, errors: SettingError[]): string | undefined => {
  const name = optionalText(value, 'serverName', errors);
  if (name !== undefined && name !== name.toLowerCase())
    errors.push(
      `serverName: must be in lower case, so ${name.toLowerCase()}: other servers take the two for two servers`,
    );
  return name;
};

const port = (value: unknown, key: string, errors: SettingError[]): number => {
  const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  errors.push(`${key}: must be a port from 0 (any free one) to 65535, not ${JSON.stringify(value)}`);
  return 0;
};

const layout = (value: unknown, errors: SettingError[]): Layout => {
  if (value === 'one' || value === 'each') return value;
  errors.push(`--processes: must be one or each, not ${JSON.stringify(value)}`);
  return 'one';
};

const url = (value: unknown, key: string, protocols: readonly string[], errors: SettingError[]): string | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
  // The value may hold a password and is not repeated.
  errors.push(`${key}: must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
  return undefined;
};
