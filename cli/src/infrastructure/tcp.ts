import { connect } from 'node:net';

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
