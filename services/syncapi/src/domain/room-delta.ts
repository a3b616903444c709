import type { RoomMemory } from '../memory/room-memory.ts';
import { ephemeralText, visibleReceipts } from './ephemeral.ts';
import {
  neededMembers,
  type RoomSection,
  type SectionStyle,
  sectionOf,
  sectionText,
  sharedText,
} from './room-section.ts';
import type { SyncPosition } from './sync-token.ts';
import type { TimelineEvent } from './timeline-event.ts';

/** What a room has to tell since some place to all who filter alike: chosen and written once, whoever and how many receive it. */
export class RoomDelta {
  /** Undefined when events are needed that memory does not have. */
  readonly section: RoomSection | undefined;
  /** Senders whose member events lazy-loading clients need. */
  readonly needed: readonly string[];
  /** Member events among the timeline and the state. */
  readonly toldMembers: readonly TimelineEvent[];
  readonly isEmpty: boolean;
  readonly #style: SectionStyle;
  readonly #ephemeral: string;
  readonly #texts = new Map<string, string>();
  readonly #echoSenders: ReadonlySet<string>;

  constructor(section: RoomSection | undefined, ephemeral: string, style: SectionStyle) {
    this.section = section;
    this.#style = style;
    this.#ephemeral = ephemeral;
    const lazy = style.filter.state.lazyLoadMembers;
    this.needed = section !== undefined && lazy ? [...neededMembers(section)] : [];
    const told = [...(section?.timeline ?? []), ...(section?.state ?? [])];
    this.toldMembers = told.filter((event) => event.type === 'm.room.member');
    this.isEmpty = told.length === 0 && ephemeral === '';
    this.#echoSenders = new Set(
      (section?.timeline ?? []).filter((event) => event.transactionId !== undefined).map((event) => event.sender),
    );
  }

  /** The room's fields for one receiver, with these members beside; the same string for all who sent none of it. */
  textFor(
    receiver: { readonly userId: string; readonly deviceId: string | undefined },
    members: readonly TimelineEvent[],
  ): string {
    const { section } = this;
    if (section === undefined) return '';
    if (this.#echoSenders.has(receiver.userId)) {
      const own = (event: TimelineEvent) =>
        event.isEchoFor(receiver.userId, receiver.deviceId) ? event.withTransactionId(event.text) : event.text;
      return sectionText(section, members, this.#style, own) + this.#ephemeral;
    }
    const key = members.length === 0 ? '' : members.map((member) => member.eventId).join(' ');
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = flat(sectionText(section, members, this.#style, sharedText) + this.#ephemeral);
    this.#texts.set(key, text);
    return text;
  }
}

/** What happened in a room since a place that memory reaches back to. */
export function roomDelta(
  room: RoomMemory,
  userId: string,
  since: SyncPosition,
  upTo: SyncPosition,
  style: SectionStyle,
): RoomDelta {
  const events = room.events.after(since.room);
  const receipts = room.receipts.after(since.receipt);
  const visible = visibleReceipts(receipts, userId);
  const typing = (room.typing?.changedAt ?? 0) > since.typing ? room.typing : undefined;
  const build = () => {
    const ephemeral = ephemeralText(visible, typing, style.filter.ephemeral, room.roomId);
    return new RoomDelta(sectionOf(events, style, upTo.room), ephemeral, style);
  };
  const hasOwnPrivate = visible.some((receipt) => receipt.receiptType === 'm.read.private');
  if (hasOwnPrivate) return build();
  // Two places between which the room was silent are the same place.
  const places = `${events[0]?.position ?? 0} ${visible[0]?.position ?? 0} ${typing === undefined ? 0 : 1}`;
  return room.delta(`${places} ${style.dialect} ${style.filter.key}`, build);
}

/** One string instead of a rope of pieces: it is copied into many answers. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}
