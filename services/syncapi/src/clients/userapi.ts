import { defaultPushRules, isUserId } from '@plexus/matrix';
import type { AccountDataItem } from '../domain/account-data.ts';
import type { OtherServices } from './other-services.ts';

/** A user's account data as userapi has it, at a position of the user log. */
export interface AllAccountData {
  readonly position: number;
  readonly global: readonly AccountDataItem[];
  readonly byRoom: ReadonlyMap<string, readonly AccountDataItem[]>;
}

/** Everything, with the push rules that every user has when they have changed none. */
export async function readAllAccountData(userapi: OtherServices['userapi'], userId: string): Promise<AllAccountData> {
  const { items, position } = await userapi.getAccountData({ userId, types: [], everything: true });
  const global: AccountDataItem[] = [];
  const byRoom = new Map<string, AccountDataItem[]>();
  for (const { roomId, type, content } of items) {
    if (roomId === undefined) global.push({ type, content });
    else byRoom.set(roomId, [...(byRoom.get(roomId) ?? []), { type, content }]);
  }
  if (isUserId(userId) && !global.some(({ type }) => type === 'm.push_rules')) {
    global.push({ type: 'm.push_rules', content: JSON.stringify({ global: defaultPushRules(userId) }) });
  }
  return { position, global, byRoom };
}
