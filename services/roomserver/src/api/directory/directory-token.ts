/** Where a page of the directory begins: behind (or before) the room with so many members. */
export interface DirectoryPlace {
  readonly direction: 'next' | 'previous';
  readonly members: number;
  readonly room: number;
}

const MAX_INTEGER = 2 ** 31 - 1;

/** Before all rooms. */
export const firstPlace: DirectoryPlace = { direction: 'next', members: MAX_INTEGER, room: MAX_INTEGER };

export function formatPlace(
  direction: DirectoryPlace['direction'],
  { joined_members, room }: { readonly joined_members: number; readonly room: number },
): string {
  return `${direction === 'next' ? 'n' : 'p'}${joined_members}_${room}`;
}

/** Reads what formatPlace wrote and nothing else. */
export function parsePlace(token: string): DirectoryPlace | undefined {
  const [, letter, members = '', room = ''] = /^([np])(\d{1,10})_(\d{1,10})$/.exec(token) ?? [];
  if (letter === undefined || Number(members) > MAX_INTEGER || Number(room) > MAX_INTEGER) return undefined;
  return { direction: letter === 'n' ? 'next' : 'previous', members: Number(members), room: Number(room) };
}
