import { existsSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { CliError } from '../cli-error.ts';

/** How a pod talks to the API server of its cluster. */
export interface ApiServer {
  readonly url: string;
  readonly token: string;
  /** Its certificate authority, PEM. */
  readonly authority: string | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const TIMEOUT_MS = 20_000;

/** As the cluster tells its pods. @throws CliError outside of a pod, or in one without a token. */
export const apiServerOfPod = (
  environment: Readonly<Record<string, string | undefined>>,
  folder: string = accountFolder,
): ApiServer => {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || !existsSync(`${folder}/token`))
    throw new CliError('--kubernetes-secret: works only in a pod whose service account has a token', 2);
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    token: readFileSync(`${folder}/token`, 'utf8').trim(),
    authority: existsSync(`${folder}/ca.crt`) ? readFileSync(`${folder}/ca.crt`, 'utf8') : undefined,
  };
};

/** One request. @throws CliError when there is no answer. */
export const askApiServer = (
  { url, token, authority }: ApiServer,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
): Promise<ApiAnswer> =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const outgoing = send(
      `${url}${path}`,
      {
        method,
        headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': type },
        timeout: TIMEOUT_MS,
        ...(authority !== undefined && { ca: authority }),
      },
      (incoming) => {
        readAnswer(incoming).then(resolve, reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', (error) => reject(new CliError(`the API server at ${url} cannot be asked: ${error.message}`)));
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

const readAnswer = async (incoming: IncomingMessage): Promise<ApiAnswer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return { status: incoming.statusCode ?? 0, body: JSON.parse(text) };
  } catch {
    return { status: incoming.statusCode ?? 0, body: undefined };
  }
};
