import { existsSync } from 'node:fs';
import type { PlexusConfig } from '@plexus/config';
import { writePrivateFile } from '../folder/private-file.ts';

/**
 * Makes the certificate that the configuration names when it is the data folder's own and missing: self-signed, until the operator names a
 * real one. Made here and not by the service, which then never loads what makes it (23 MB).
 */
export const makeFederationCertificate = async (
  { federation, serverName }: Pick<PlexusConfig, 'federation' | 'serverName'>,
  own: { readonly certificateFile: string; readonly keyFile: string },
  now: number,
): Promise<void> => {
  if (federation.tls?.certificateFile !== own.certificateFile || existsSync(own.certificateFile)) return;
  const { selfSignedCertificate } = await import('@plexus/federationapi/self-signed');
  const { cert, key } = await selfSignedCertificate(serverName, now);
  writePrivateFile(own.keyFile, key);
  writePrivateFile(own.certificateFile, cert);
};
