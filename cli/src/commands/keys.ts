import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { dataFolder, generatedBy } from '../folder/data-folder.ts';
import { writePrivateFile } from '../folder/private-file.ts';

interface GenerateFlags {
  readonly folder?: string;
  readonly kubernetesSecret?: string;
  readonly serviceAccount?: string;
  readonly shared?: boolean;
}

export const addKeysCommand = (program: Command): void => {
  const keys = program.command('keys').description('the signing key and the secrets of an installation');
  keys
    .command('generate')
    .description('make those that are missing; what is there is never replaced')
    .argument('[names...]', 'signing.key, rpc-token, registration-shared-secret, … (default: signing.key)')
    .option('--folder <dir>', 'a file for each, that its owner alone reads')
    .option(
      '--shared',
      'with --folder: other users may read the files, such as those that stores run as; the folder guards them',
    )
    .option('--kubernetes-secret <namespace/name>', 'in a pod: a key for each in that Secret')
    .option('--service-account <dir>', "folder of the pod's token, where it is not the usual one")
    .action(generate);
  addExportCommand(keys);
  addRotateCommand(keys);
  keys
    .command('certificate')
    .description('make a self-signed TLS certificate, tls.crt and tls.key, where there is none')
    .requiredOption('--folder <dir>', 'where they are to be')
    .requiredOption('--name <host>', 'what it is for')
    .action(certificate);
};

const certificate = async (flags: { folder: string; name: string }): Promise<void> => {
  const [{ parseServerName }, { selfSignedCertificate }] = await Promise.all([
    import('@plexus/matrix'),
    import('@plexus/federationapi/self-signed'),
  ]);
  const name = parseServerName(flags.name);
  if (name === undefined) throw new CliError(`--name: ${flags.name} is not a host name`, 2);
  mkdirSync(flags.folder, { recursive: true, mode: 0o700 });
  const [certificateFile, keyFile] = [join(flags.folder, 'tls.crt'), join(flags.folder, 'tls.key')];
  if (existsSync(certificateFile)) {
    report([]);
    return;
  }
  const { cert, key } = await selfSignedCertificate(name, Date.now());
  writePrivateFile(keyFile, key);
  writePrivateFile(certificateFile, cert);
  report(['tls.key', 'tls.crt']);
};

const addRotateCommand = (keys: Command): void => {
  keys
    .command('rotate')
    .description('sign with a new key from the next start on; the old one is published as such, for what it has signed')
    .option(
      '--config <file>',
      'configuration of plexus run, which gets the old key; without it the key of plexus up is rotated',
    )
    .option('--data <dir>', 'data folder of plexus up, which holds its key', 'data')
    .option('--print', 'change nothing: print the new key and the entry for oldSigningKeys')
    .action(rotate);
};

const rotate = async (flags: { config?: string; data: string; print?: boolean }): Promise<void> => {
  const { namesSigningKey, rotateKeyOfUp, rotateSigningKey } = await import('../secrets/rotate-signing-key.ts');
  const options = { random: randomBytes, now: Date.now(), write: flags.print !== true };
  const generated = flags.config === undefined ? undefined : generatedBy(flags.config);
  if (generated !== undefined)
    throw new CliError(
      `--config: ${flags.config} is written by plexus up at every start, and what is put into it is lost: rotate the key of its data folder with plexus keys rotate --data ${generated.root}`,
      2,
    );
  const isOfRun = flags.config !== undefined && namesSigningKey(flags.config);
  const rotated =
    flags.config !== undefined && isOfRun
      ? rotateSigningKey(flags.config, options)
      : rotateKeyOfUp(dataFolder(flags.data), options);
  if (flags.print === true) process.stdout.write(`${rotated.line}${rotated.oldEntry}`);
  else
    console.log(
      isOfRun
        ? `${rotated.keyId} is in ${rotated.file}, ${rotated.oldKeyId} in oldSigningKeys of ${flags.config}: restart the services`
        : `${rotated.keyId} is in ${rotated.file}, ${rotated.oldKeyId} is published as old: restart plexus up`,
    );
};

const addExportCommand = (keys: Command): void => {
  keys
    .command('export')
    .description('print the public half of the signing key, as other servers know it')
    .option('--config <file>', 'whole configuration, else the variable PLEXUS_CONFIG')
    .option('--private', 'print the whole key, in the line that other servers keep theirs in')
    .action(async (flags: { config?: string; private?: boolean }) => {
      const [{ checkedConfig }, { readSigningKey }, { formatSigningKey }] = await Promise.all([
        import('../load-config.ts'),
        import('../secrets/rotate-signing-key.ts'),
        import('@plexus/matrix'),
      ]);
      const { serverName, signingKeyFile, oldSigningKeys } = checkedConfig(flags.config);
      const key = readSigningKey(signingKeyFile);
      const { keyId, publicKey } = key;
      if (flags.private === true) process.stdout.write(formatSigningKey(key));
      else console.log(JSON.stringify({ serverName, keyId, publicKey, oldSigningKeys }, null, 2));
    });
};

const generate = async (names: readonly string[], flags: GenerateFlags): Promise<void> => {
  const { generateSecret, isSecretName, secretNames } = await import('../secrets/generate-secret.ts');
  const wanted = (names.length === 0 ? ['signing.key'] : names).map((name) => {
    if (!isSecretName(name))
      throw new CliError(`${name}: there is no such secret; there are ${secretNames.join(', ')}`, 2);
    return name;
  });
  if (flags.folder !== undefined && flags.kubernetesSecret !== undefined)
    throw new CliError('--folder: must not be given together with --kubernetes-secret', 2);
  const make = (name: string): string => (isSecretName(name) ? generateSecret(name, randomBytes) : '');
  if (flags.kubernetesSecret !== undefined)
    report(await intoSecret(flags.kubernetesSecret, flags.serviceAccount, wanted, make));
  else if (flags.folder !== undefined) report(intoFolder(flags.folder, wanted, make, flags.shared === true));
  else if (wanted.length === 1) process.stdout.write(make(wanted[0] ?? ''));
  else throw new CliError('--folder: is missing; only one secret can be printed', 2);
};

const report = (made: readonly string[]): void =>
  console.log(made.length === 0 ? 'all are there already' : `made: ${made.join(', ')}`);

const intoSecret = async (
  place: string,
  account: string | undefined,
  names: readonly string[],
  make: (name: string) => string,
): Promise<readonly string[]> => {
  const [namespace, name, ...rest] = place.split('/');
  if (namespace === undefined || name === undefined || name === '' || rest.length > 0)
    throw new CliError('--kubernetes-secret: must be of the form namespace/name', 2);
  const { apiServerOfPod } = await import('../kubernetes/api-server.ts');
  const { fillSecret } = await import('../kubernetes/fill-secret.ts');
  return await fillSecret(apiServerOfPod(process.env, account), { namespace, name }, names, make);
};

const intoFolder = (
  folder: string,
  names: readonly string[],
  make: (name: string) => string,
  isShared: boolean,
): readonly string[] => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  for (const name of missing) {
    writePrivateFile(join(folder, name), make(name));
    if (isShared) chmodSync(join(folder, name), 0o444);
  }
  return missing;
};
