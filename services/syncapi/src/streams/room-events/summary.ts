import type { RoomSummary } from '../../memory/room-memory.ts';

/** The `summary` of a room for one of its members. Heroes never include the receiver. Client-server API, "Syncing", `RoomSummary`. */
export function summaryText(summary: RoomSummary, userId: string): string {
  return JSON.stringify({
    'm.heroes': heroesFor(summary, userId),
    'm.joined_member_count': summary.joined,
    'm.invited_member_count': summary.invited,
  });
}

export function heroesFor(summary: RoomSummary, userId: string): string[] {
  return summary.heroes.filter((hero) => hero !== userId).slice(0, 5);
}
