/**
 * The database, the configuration and this version do not belong together. The message is a sentence for the operator and names the way
 * out. `configuration`: the configuration names another server, or another key; `schema`: the tables are those of another version.
 */
export class InstallationError extends Error {
  override readonly name = 'InstallationError';
  readonly kind: 'configuration' | 'schema';

  constructor(kind: 'configuration' | 'schema', message: string) {
    super(message);
    this.kind = kind;
  }
}
