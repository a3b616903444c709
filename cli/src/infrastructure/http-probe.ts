import { connect } from 'node:net';

export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
}

const timeoutMs = 1_000;

/**
 * One GET of an http:// URL; undefined when nobody answers within a second. Spoken over a bare socket: `node:http` would cost the
 * supervisor 14 MB of memory, and HTTP/1.0 ends an answer by closing.
 */
export const probe = (url: string): Promise<ProbeAnswer | undefined> => {
  const { hostname, port, pathname, host } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.once('connect', () =>
      socket.write(`GET ${pathname} HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(parseAnswer(answer)));
  });
};

/** Status and body of an HTTP/1.x answer that was read to its end; undefined when it is none. */
export const parseAnswer = (answer: string): ProbeAnswer | undefined => {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
  const headEnd = answer.indexOf('\r\n\r\n');
  return status === undefined || headEnd < 0 ? undefined : { status: Number(status), body: answer.slice(headEnd + 4) };
};
