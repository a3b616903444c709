import { BoundedWork } from '@plexus/service';

/** Of one server, and in one room: enough to be busy while others are waited for, and no more than the database serves beside other rooms. */
const MAX_RUNNING_OF_SERVER = 4;
const MAX_RUNNING_IN_ROOM = 2;
/** Beyond this callers are told at once to come again. */
const MAX_WAITING = 200;

/** Lets inputs in, so that neither a server that sends much nor a room that gets much takes the place of the others. */
export class InputTurns {
  readonly #servers = new Map<string, Line>();
  readonly #rooms = new Map<string, Line>();

  /** @throws TooMuchWork when too many wait already. */
  take<Value>(of: { readonly server: string; readonly roomId: string }, work: () => Promise<Value>): Promise<Value> {
    return inLine(this.#servers, of.server, MAX_RUNNING_OF_SERVER, () =>
      inLine(this.#rooms, of.roomId, MAX_RUNNING_IN_ROOM, work),
    );
  }
}

interface Line {
  readonly work: BoundedWork;
  users: number;
}

async function inLine<Value>(
  lines: Map<string, Line>,
  key: string,
  maxRunning: number,
  work: () => Promise<Value>,
): Promise<Value> {
  const line = lines.get(key) ?? { work: new BoundedWork({ maxRunning, maxWaiting: MAX_WAITING }), users: 0 };
  lines.set(key, line);
  line.users++;
  try {
    return await line.work.run(work);
  } finally {
    if (--line.users === 0) lines.delete(key);
  }
}
