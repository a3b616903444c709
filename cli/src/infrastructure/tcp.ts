import { connect, type NetConnectOpts } from 'node:net';

/** True when somebody accepts a connection there. */
export const accepts = (target: { host: string; port: number }): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(target);
    socket.setTimeout(1_000, () => socket.destroy(new Error('timeout')));
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });

/** True when the server there says something within so long, after a greeting where it waits for one: a process that is frozen does not. */
export const speaks = (target: NetConnectOpts, greeting: Buffer | undefined, withinMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(target);
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      resolve(answer);
      socket.destroy();
    };
    const timer = setTimeout(() => settle(false), withinMs);
    if (greeting !== undefined) socket.once('connect', () => socket.write(greeting));
    socket.once('data', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
