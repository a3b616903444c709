import { isIP } from 'node:net';
import { LRUCache } from 'lru-cache';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { ForbiddenAddressError, guardedLookup } from './address-guard.ts';

/** Where a connection goes, and for which name its certificate must be valid. */
export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly certificateName: string;
}

export interface ConnectionsOptions {
  readonly isAllowed: (address: string) => boolean;
  readonly verifyCertificates: boolean;
  /** PEM certificates of authorities that are trusted besides the system's. */
  readonly authorities: readonly string[] | undefined;
  readonly timeoutMs: number;
}

/** Pools are kept for this many servers; each holds few connections, which end when they have been idle for some seconds. */
const MAX_POOLS = 2_000;
const CONNECTIONS_PER_SERVER = 8;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connections to other servers, kept alive in a pool for each address, port and certificate name: servers that share a host, as behind one
 * SRV target, do not close each other's connections. The address is checked where it is connected to.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #pools = new LRUCache<string, Pool>({
    max: MAX_POOLS,
    dispose: (pool) => {
      // Requests that are under way end first; a pool that is closed already rejects, and there is nothing left to do then.
      pool.close().catch(() => undefined);
    },
  });

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** The pool through which requests to this target are sent. */
  to(target: ConnectionTarget): Dispatcher {
    const key = `${target.host} ${target.port} ${target.certificateName}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = this.#open(target);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    await Promise.all(pools.map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #open({ host, port, certificateName }: ConnectionTarget): Pool {
    const { isAllowed, verifyCertificates, authorities, timeoutMs } = this.#options;
    const connector = buildConnector({
      lookup: guardedLookup(isAllowed),
      rejectUnauthorized: verifyCertificates,
      timeout: CONNECT_TIMEOUT_MS,
      // An address has no server name indication; its certificate is checked against the address itself.
      ...(isIP(certificateName) === 0 && { servername: certificateName }),
      ...(authorities !== undefined && { ca: [...authorities] }),
    });
    return new Pool(originOf({ host, port }), {
      connections: CONNECTIONS_PER_SERVER,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: (options, callback) => {
        // There is no look-up for a literal, so a literal is checked here.
        if (isIP(host) !== 0 && !isAllowed(host))
          callback(new ForbiddenAddressError(`${host} may not be called`), null);
        else connector({ ...options, servername: isIP(certificateName) === 0 ? certificateName : '' }, callback);
      },
    });
  }
}

/** The origin of the URL of a target. */
export function originOf({ host, port }: Pick<ConnectionTarget, 'host' | 'port'>): string {
  return `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
