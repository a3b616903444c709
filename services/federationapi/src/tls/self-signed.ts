import type { TlsFiles } from '@plexus/config';
import { type ServerName, serverNameParts } from '@plexus/matrix';
import { generate } from 'selfsigned';

const DAY_MS = 24 * 3_600_000;
const VALID_DAYS = 3650;

/** A certificate that vouches for itself: good for tests and behind a proxy that has a real one, refused by other servers. `now` in ms. */
export async function selfSignedCertificate(serverName: ServerName, now: number): Promise<TlsFiles> {
  const { host, kind } = serverNameParts(serverName);
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'subjectAltName', altNames: [kind === 'dns' ? { type: 2, value: host } : { type: 7, ip: host }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}
