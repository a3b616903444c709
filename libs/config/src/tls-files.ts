import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileProblem } from './file-problem.ts';

/** Certificate chain and private key, PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface TlsFileNames {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/**
 * Reads a certificate with its key, and sees that they belong together.
 * @param section the configuration's name of the two, for example `listen.tls`
 * @throws Error with a sentence for the operator for each file that is wrong, a line each
 */
export function readTlsFiles(section: string, { certificateFile, keyFile }: TlsFileNames): TlsFiles {
  const problems: string[] = [];
  const read = <T>(key: keyof TlsFileNames, file: string, what: string, parse: (text: string) => T) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      problems.push(`${section}.${key}: ${fileProblem(file, error)}`);
      return undefined;
    }
    try {
      return { text, parsed: parse(text) };
    } catch {
      problems.push(`${section}.${key}: the file ${file} holds no ${what} in PEM`);
      return undefined;
    }
  };
  const cert = read('certificateFile', certificateFile, 'certificate', (text) => new X509Certificate(text));
  const key = read('keyFile', keyFile, 'private key without a passphrase', (text) => createPrivateKey(text));
  if (cert !== undefined && key !== undefined && !cert.parsed.checkPrivateKey(key.parsed))
    problems.push(
      `${section}.keyFile: the key in ${keyFile} does not belong to the first certificate in ${certificateFile}`,
    );
  if (cert === undefined || key === undefined || problems.length > 0) throw new Error(problems.join('\n'));
  return { cert: cert.text, key: key.text };
}

/**
 * Certificates of authorities, PEM, that are trusted besides the system's.
 * @throws Error with a sentence for the operator
 */
export function readAuthorities(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`federation.authoritiesFile: ${fileProblem(file, error)}`, { cause: error });
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (error) {
    throw new Error(`federation.authoritiesFile: the file ${file} holds a certificate that cannot be read`, {
      cause: error,
    });
  }
  if (certificates.length === 0)
    throw new Error(`federation.authoritiesFile: the file ${file} holds no certificate in PEM`);
  return text;
}
