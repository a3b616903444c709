export { configurationSchema } from './configuration-schema.ts';
export type { ConfigError } from './error-sentence.ts';
export { loadConfig, loadConfigText } from './load-config.ts';
export { type ParsedConfig, parseConfig } from './parse-config.ts';
export { redactedConfig } from './redacted-config.ts';
export type { PlexusConfig } from './schema.ts';
export type { Address } from './values.ts';
