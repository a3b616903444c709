import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { UserapiService } from '@plexus/contracts/userapi';

type Answers = Pick<UserapiService, 'getAccountData' | 'setAccountData' | 'readLog'>;

/** Account data and the user log in memory, answering as userapi does. */
export class ScriptedUsers implements Answers {
  readonly entries: UserLogEntry[] = [];
  publish: (entries: readonly UserLogEntry[]) => void = () => undefined;
  readonly #items = new Map<string, { userId: string; roomId: string | undefined; type: string; content: string }>();

  set(userId: string, roomId: string | undefined, type: string, content: object): void {
    const item = { userId, roomId, type, content: JSON.stringify(content) };
    this.#items.set(JSON.stringify([userId, roomId, type]), item);
    const entry: UserLogEntry = {
      position: this.entries.length + 1,
      traceparent: '',
      userId,
      kind: { $case: 'accountData', value: { roomId, type, content: item.content } },
    };
    this.entries.push(entry);
    this.publish([entry]);
  }

  deactivate(userId: string): void {
    const entry: UserLogEntry = {
      position: this.entries.length + 1,
      traceparent: '',
      userId,
      kind: { $case: 'accountDeactivated', value: { erase: false } },
    };
    this.entries.push(entry);
    this.publish([entry]);
  }

  getAccountData: Answers['getAccountData'] = async ({ userId }) => ({
    items: [...this.#items.values()].filter((item) => item.userId === userId),
    position: this.entries.length,
  });

  setAccountData: Answers['setAccountData'] = async ({ userId, roomId, type, content }) => {
    this.set(userId, roomId, type, JSON.parse(content));
    return {};
  };

  readLog: Answers['readLog'] = async ({ from, to, limit }) => {
    const head = this.entries.length;
    return { entries: this.entries.slice(from - 1, Math.min(to > 0 ? to : head, from - 1 + limit)), head };
  };
}
