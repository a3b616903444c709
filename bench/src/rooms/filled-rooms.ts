import { fillRooms } from '@plexus/roomserver/bench';
import type { RoomserverTarget } from '../targets/roomserver.ts';

/** The rooms that the section state works on. */
export interface FilledRooms {
  /** 100,000 members. */
  readonly huge: string;
  /** 1,000 members. */
  readonly medium: string;
  /** 100 rooms of 10,010 members. */
  readonly large: readonly string[];
  /** So many that all together are 6,500; 10 members each. */
  readonly small: readonly string[];
  readonly sizes: FillSizes;
}

export interface FillSizes {
  readonly rooms: number;
  readonly large: number;
  readonly hugeMembers: number;
  readonly largeMembers: number;
  readonly mediumMembers: number;
}

const SMALL_MEMBERS = 10;
const PROGRESS_MEMBERS = 100_000;

export const userOf = (serverName: string, number: number): string => `@member${number}:${serverName}`;

/** Makes the rooms; their members join by themselves. */
export async function makeFilledRooms(
  { postgresUrl, serverName }: RoomserverTarget,
  sizes: FillSizes,
  print: (line: string) => void,
): Promise<FilledRooms> {
  const members = [
    sizes.hugeMembers,
    sizes.mediumMembers,
    ...Array.from({ length: sizes.large }, () => sizes.largeMembers),
    ...Array.from({ length: sizes.rooms - sizes.large - 2 }, () => SMALL_MEMBERS),
  ];
  const total = members.reduce((sum, count) => sum + count, 0);
  const startedAt = performance.now();
  let joined = 0;
  const progress = (count: number) => {
    const before = joined;
    joined += count;
    if (Math.floor(before / PROGRESS_MEMBERS) === Math.floor(joined / PROGRESS_MEMBERS)) return;
    const perSecond = joined / ((performance.now() - startedAt) / 1_000);
    print(`filling: ${joined} of ${total} members, ${perSecond.toFixed(0)}/s`);
  };
  const [huge = '', medium = '', ...others] = await fillRooms(postgresUrl, {
    sizes: members,
    userOf: (number) => userOf(serverName, number),
    progress,
  });
  return { huge, medium, large: others.slice(0, sizes.large), small: others.slice(sizes.large), sizes };
}
