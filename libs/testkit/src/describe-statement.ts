import pg from 'pg';

/** What PostgreSQL says of a statement once it is prepared: the types of its parameters, and the columns of its rows. */
export interface StatementDescription {
  readonly parameterTypes: readonly string[];
  readonly columns: Readonly<Record<string, string>>;
}

interface PreparedFields {
  readonly parameters: readonly number[];
  readonly columns: readonly { readonly name: string; readonly type: number }[];
}

/** Prepares statements on a database, without running them. */
export class StatementDescriber {
  readonly #client: pg.Client;
  readonly #typeNames = new Map<number, string>();

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<StatementDescriber> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const describer = new StatementDescriber(client);
    const types = await client.query<{ oid: number; name: string }>(
      'SELECT oid::int, format_type(oid, NULL) AS name FROM pg_type',
    );
    for (const { oid, name } of types.rows) describer.#typeNames.set(oid, name);
    return describer;
  }

  /** @throws the error of PostgreSQL for a statement that it cannot prepare */
  async describe(text: string): Promise<StatementDescription> {
    const { parameters, columns } = await new Promise<PreparedFields>((resolve, reject) => {
      this.#client.query(new Description(text, resolve, reject));
    });
    const nameOf = (oid: number) => this.#typeNames.get(oid) ?? `type ${oid}`;
    return {
      parameterTypes: parameters.map(nameOf),
      columns: Object.fromEntries(columns.map(({ name, type }) => [name, nameOf(type)])),
    };
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}

/** Sends Parse and Describe of the extended query protocol, and collects what they are answered with. */
class Description implements pg.Submittable {
  readonly #text: string;
  readonly #resolve: (fields: PreparedFields) => void;
  readonly #reject: (error: Error) => void;
  #parameters: readonly number[] = [];
  #columns: PreparedFields['columns'] = [];

  constructor(text: string, resolve: (fields: PreparedFields) => void, reject: (error: Error) => void) {
    this.#text = text;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: pg.Connection): void {
    connection.once('parameterDescription', ({ dataTypeIDs }: { dataTypeIDs: number[] }) => {
      this.#parameters = dataTypeIDs;
    });
    connection.parse({ name: '', text: this.#text, types: [] }, true);
    connection.describe({ type: 'S', name: '' }, true);
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }));
  }

  handleError(error: Error): void {
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    this.#resolve({ parameters: this.#parameters, columns: this.#columns });
  }
}
