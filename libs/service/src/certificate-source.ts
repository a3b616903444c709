import { readTlsFiles, type TlsFileNames, type TlsFiles } from '@plexus/config';
import type { Logger } from '@plexus/observability';

/** The certificate of a listener, which may be renewed while it listens. */
export interface CertificateSource {
  readonly current: TlsFiles;
  /** Called with every certificate that takes the place of the one before. */
  onChange(listener: (certificate: TlsFiles) => void): void;
  /** Looks at once whether the files have changed. Never throws: what is wrong with them is logged, and the one in use stays. */
  reload(): void;
  stop(): void;
}

/** Certificates are renewed weeks before they expire: how soon that is noticed matters to nobody but tests. */
const LOOK_EVERY_MS = 30_000;

/**
 * A certificate in files, which whoever renews it replaces.
 * @param section the configuration's name of the files, for example `listen.tls`
 * @throws Error with a sentence for the operator when they cannot be used
 */
export function certificateFiles(section: string, names: TlsFileNames, log: Logger): CertificateSource {
  const listeners: ((certificate: TlsFiles) => void)[] = [];
  let current = readTlsFiles(section, names);
  let lastProblem: string | undefined;
  const reload = () => {
    try {
      const found = readTlsFiles(section, names);
      lastProblem = undefined;
      if (found.cert === current.cert && found.key === current.key) return;
      current = found;
      for (const listener of listeners) listener(found);
      log.info({ certificate: names.certificateFile }, 'the certificate has changed and is taken anew');
    } catch (error) {
      // Between the two files being replaced they do not belong together for a moment: said only when it stays so.
      const problem = error instanceof Error ? error.message : String(error);
      if (problem === lastProblem) log.error({ problem }, 'the certificate cannot be taken anew; the one in use stays');
      lastProblem = problem;
    }
  };
  const timer = setInterval(reload, LOOK_EVERY_MS).unref();
  return {
    get current() {
      return current;
    },
    onChange: (listener) => listeners.push(listener),
    reload,
    stop: () => clearInterval(timer),
  };
}

/** A certificate that stays. */
export function fixedCertificate(certificate: TlsFiles): CertificateSource {
  return { current: certificate, onChange: () => undefined, reload: () => undefined, stop: () => undefined };
}
