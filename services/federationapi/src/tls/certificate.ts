import type { TlsFileNames } from '@plexus/config';
import type { ServerName } from '@plexus/matrix';
import type { Logger } from '@plexus/observability';
import { type CertificateSource, certificateFiles, fixedCertificate } from '@plexus/service';

/**
 * The certificate of the listener for other servers: the configured one, or one that this process makes for itself, which other servers
 * accept only when they are told not to verify.
 */
export async function loadCertificate(
  files: TlsFileNames | undefined,
  serverName: ServerName,
  now: number,
  log: Logger,
): Promise<CertificateSource> {
  if (files !== undefined) return certificateFiles('federation.tls', files, log);
  log.warn({}, 'federation.tls is not configured: other servers see a self-signed certificate and will refuse it');
  // Loaded when it is needed: 23 MB that a server with a certificate of its own does without.
  const { selfSignedCertificate } = await import('./self-signed.ts');
  return fixedCertificate(await selfSignedCertificate(serverName, now));
}
