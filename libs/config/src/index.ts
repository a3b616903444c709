export { configurationSchema } from './configuration-schema.ts';
export type { ConfigError } from './error-sentence.ts';
export { fileProblem } from './file-problem.ts';
export { loadConfig, loadConfigText } from './load-config.ts';
export { type ParsedConfig, parseConfig } from './parse-config.ts';
export { redactedConfig } from './redacted-config.ts';
export type { PlexusConfig } from './schema.ts';
export { readSigningKeys } from './signing-keys.ts';
export type { Address } from './values.ts';
