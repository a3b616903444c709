import { lookup, resolveSrv } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { PlexusConfig } from '@plexus/config';
import { resolveServer, type ServerAddress, type SrvRecord } from '@plexus/federationapi';
import { parseSigningKey, serverNameParts } from '@plexus/matrix';
import { CliError, messageOf } from '../cli-error.ts';
import type { Look } from './finding.ts';

/** How other servers and clients find this one. Asked from here: what a firewall does to others is not seen. */
export const looksOutside = (config: PlexusConfig): Readonly<Record<string, Look>> => {
  if (!config.federation.enabled) return { 'well-known': () => lookAtClientWellKnown(config) };
  const wellKnown = (host: string) => serverWellKnown(host, config);
  const addresses = resolveServer(config.serverName, { wellKnown, srv, random: Math.random });
  return {
    dns: () => lookAtEach(addresses, lookAtDns),
    'well-known': () => lookAtClientWellKnown(config),
    certificate: () => lookAtEach(addresses, (address) => lookAtCertificate(address, config)),
    'published-key': () => lookAtEach(addresses, (address) => lookAtPublishedKey(address, config)),
  };
};

/** Other servers may be given any of the addresses, so each is looked at. */
const lookAtEach = async (
  addresses: Promise<readonly ServerAddress[]>,
  look: (address: ServerAddress) => Promise<string>,
): Promise<string> => {
  const found = await addresses;
  if (found.length === 0)
    throw new CliError('the SRV record of this server has the target ".", which says that it offers no federation');
  return (await Promise.all(found.map(look))).join('; ');
};

const TIMEOUT_MS = 5_000;

const srv = (name: string): Promise<SrvRecord[]> => resolveSrv(name).catch(() => []);

const lookAtDns = async ({ host, port, certificateName }: ServerAddress): Promise<string> => {
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  if (found.length === 0)
    throw new CliError(
      `${host} has no address: make an A or AAAA record, or say elsewhere where the server is (an SRV record _matrix-fed._tcp, or wellKnown.server)`,
    );
  return `other servers ask ${host}:${port} (${found.map(({ address }) => address).join(', ')}) with a certificate of ${certificateName}`;
};

/** As another server takes it: only over TLS that is in order; what cannot be had is as good as none. */
const serverWellKnown = async (host: string, config: PlexusConfig): Promise<string | undefined> => {
  try {
    const { status, body } = await get(
      { host, port: 443, hostHeader: host, certificateName: host },
      '/.well-known/matrix/server',
      config,
    );
    const parsed: unknown = status === 200 ? JSON.parse(body) : undefined;
    const server =
      typeof parsed === 'object' && parsed !== null && 'm.server' in parsed ? parsed['m.server'] : undefined;
    return typeof server === 'string' ? server : undefined;
  } catch {
    return undefined;
  }
};

/** A client that knows only the name of the server asks its well-known for the address. */
const lookAtClientWellKnown = async (config: PlexusConfig): Promise<string> => {
  const { host } = serverNameParts(config.serverName);
  const wanted = (config.wellKnown.client ?? config.publicBaseUrl)?.replace(/\/+$/, '');
  if (wanted === undefined) return 'neither publicBaseUrl nor wellKnown.client says where clients reach this server';
  const advice = `hand https://${host}/.well-known/matrix/ to the gateway, or let clients be told ${wanted} by hand`;
  let answer: { status: number; body: string };
  try {
    answer = await get(
      { host, port: 443, hostHeader: host, certificateName: host },
      '/.well-known/matrix/client',
      config,
    );
  } catch (error) {
    throw new CliError(`https://${host}/.well-known/matrix/client cannot be had (${messageOf(error)}): ${advice}`);
  }
  if (answer.status !== 200) throw new CliError(`/.well-known/matrix/client answers ${answer.status}: ${advice}`);
  if (!answer.body.includes(JSON.stringify(wanted)) && !answer.body.includes(JSON.stringify(`${wanted}/`)))
    throw new CliError(`/.well-known/matrix/client names another address than ${wanted}: ${advice}`);
  return `clients are sent to ${wanted}`;
};

const dayMs = 86_400_000;
const SOON_DAYS = 14;

const lookAtCertificate = (address: ServerAddress, { federation }: PlexusConfig): Promise<string> =>
  new Promise((resolve, reject) => {
    const { host, port, certificateName } = address;
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...authorities(federation),
      ...named(certificateName),
    });
    const fail = (message: string): void => reject(new CliError(message));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', (error) =>
      fail(
        `${host}:${port} cannot be reached (${messageOf(error)}): start the services, open the port, or delegate with wellKnown.server`,
      ),
    );
    socket.once('secureConnect', () => {
      const { valid_to: validTo } = socket.getPeerCertificate();
      const days = Math.floor((Date.parse(validTo) - Date.now()) / dayMs);
      const { authorized, authorizationError } = socket;
      socket.destroy();
      if (!authorized && federation.verifyCertificates)
        fail(
          `other servers refuse the certificate of ${host}:${port} (${messageOf(authorizationError)}): set federation.tls to one for ${certificateName}, or end TLS before it`,
        );
      else if (days < SOON_DAYS)
        fail(`the certificate of ${host}:${port} ends in ${days} days, on ${validTo}: renew it`);
      else
        resolve(
          `of ${host}:${port} is good for ${days} days${authorized ? '' : ', and signed by nobody (federation.verifyCertificates is off)'}`,
        );
    });
  });

const lookAtPublishedKey = async (address: ServerAddress, config: PlexusConfig): Promise<string> => {
  const key = parseSigningKey(readFileSync(config.signingKeyFile, 'utf8'));
  if (key === undefined) throw new CliError('see signing-key');
  const { status, body } = await get(address, '/_matrix/key/v2/server', config).catch((error: unknown) => {
    throw new CliError(
      `/_matrix/key/v2/server cannot be had (${messageOf(error)}): see certificate; nobody can check what this server signs`,
    );
  });
  if (status !== 200) throw new CliError(`/_matrix/key/v2/server answers ${status}: hand it to federationapi`);
  const parsed: { server_name?: unknown; verify_keys?: Record<string, { key?: unknown }> } = JSON.parse(body);
  if (parsed.server_name !== config.serverName)
    throw new CliError(
      `/_matrix/key/v2/server is answered by ${String(parsed.server_name)}: the name leads to another server`,
    );
  if (parsed.verify_keys?.[key.keyId]?.key !== key.publicKey)
    throw new CliError(
      `${key.keyId} is not published as it is in ${config.signingKeyFile}: restart federationapi and roomserver with this file`,
    );
  return `${key.keyId} is published`;
};

const authorities = ({ authoritiesFile }: PlexusConfig['federation']): { ca?: string } =>
  authoritiesFile === undefined ? {} : { ca: readFileSync(authoritiesFile, 'utf8') };

/** An address is not named in the handshake. */
const named = (name: string): { servername?: string } => (isIP(name) === 0 ? { servername: name } : {});

const get = (
  at: ServerAddress,
  path: string,
  { federation }: PlexusConfig,
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const asked = request({
      host: at.host,
      port: at.port,
      path,
      headers: { host: at.hostHeader },
      rejectUnauthorized: federation.verifyCertificates,
      timeout: TIMEOUT_MS,
      ...authorities(federation),
      ...named(at.certificateName),
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer')));
    asked.once('error', reject);
    asked.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.end();
  });
