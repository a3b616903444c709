/** What ts-proto generates for a service (`outputServices=generic-definitions`), as far as we use it. */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

export interface MethodDefinition {
  readonly name: string;
  readonly requestType: MessageCodec;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec;
  readonly responseStream: boolean;
}

export interface MessageCodec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(input: Uint8Array): unknown;
}

/** The generated interface of a service, from its definition: one method each, a decoded request in and a decoded response out. */
export type ServiceOf<Definition extends ServiceDefinition> = {
  readonly [Method in keyof Definition['methods']]: (
    request: ReturnType<Definition['methods'][Method]['requestType']['decode']>,
  ) => Promise<ReturnType<Definition['methods'][Method]['responseType']['decode']>>;
};

/** A service's implementation beside its definition: what a process serves on the wire and lends to its neighbours. */
export interface BoundService {
  readonly definition: ServiceDefinition;
  /** Calls a method by its key in `definition.methods` with an already decoded request. */
  call(method: string, request: unknown): Promise<unknown>;
}
