import { formatPaginationToken } from '../../domain/pagination-token.ts';
import type { SectionStyle } from '../../domain/section-style.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import { isMemberEvent, membersIn, unintroducedSenders } from './member-events.ts';
import type { RoomSection } from './section.ts';

export interface Receiver {
  readonly userId: string;
  readonly deviceId: string | undefined;
}

/** The events of a room since some position for all who filter alike: chosen and written once, however many receive it. */
export class RoomDelta {
  readonly roomId: string;
  readonly section: RoomSection;
  /** Senders whose member events a lazy-loading client needs beside the section. */
  readonly senders: readonly string[];
  /** Member events in the timeline and in the state. */
  readonly memberEvents: readonly TimelineEvent[];
  readonly isEmpty: boolean;
  readonly #style: SectionStyle;
  readonly #texts = new Map<string, string>();
  readonly #echoSenders: ReadonlySet<string>;

  constructor(roomId: string, section: RoomSection, style: SectionStyle) {
    const { timeline, state } = section;
    this.roomId = roomId;
    this.section = section;
    this.#style = style;
    this.senders = style.filter.state.lazyLoadMembers ? unintroducedSenders(section, style.dialect) : [];
    this.memberEvents = [...state, ...timeline].filter(isMemberEvent);
    this.isEmpty = timeline.length + state.length === 0;
    this.#echoSenders = new Set(
      timeline.filter((event) => event.transactionId !== undefined).map(({ sender }) => sender),
    );
  }

  /** Whether the client learns of this member by the section itself. A client that gets the state after the timeline takes none from there. */
  shows(userId: string): boolean {
    const { timeline, state } = this.section;
    const members = membersIn(this.#style.dialect === 'state' ? [...state, ...timeline] : state);
    return members.has(userId);
  }

  /** The room's `timeline` and state for one receiver, with these members; the same string for all who sent none of the events. */
  textFor(receiver: Receiver, members: readonly TimelineEvent[]): string {
    if (this.#echoSenders.has(receiver.userId)) {
      const own = (event: TimelineEvent) =>
        event.isEchoFor(receiver.userId, receiver.deviceId) ? event.withTransactionId(event.text) : event.text;
      return sectionText(this.section, members, this.#style, own);
    }
    const key = members.length === 0 ? '' : members.map((member) => member.eventId).join(' ');
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = flat(sectionText(this.section, members, this.#style, (event) => event.text));
    this.#texts.set(key, text);
    return text;
  }
}

/** The fields of a room of which nothing but other streams' news is sent. */
export function emptySectionText(position: number, style: SectionStyle): string {
  const section = { timeline: [], limited: false, prevBatch: position, state: [], membersChanged: false };
  return sectionText(section, [], style, (event) => event.text);
}

/** The fields `timeline` and `state` (or its dialect) of a room in /sync, without the braces around. */
function sectionText(
  section: RoomSection,
  members: readonly TimelineEvent[],
  { dialect, generation }: SectionStyle,
  textOf: (event: TimelineEvent) => string,
): string {
  const timeline = section.timeline.map(textOf).join(',');
  const state = [...section.state, ...members].map(textOf).join(',');
  const prevBatch = formatPaginationToken(generation, Math.max(0, section.prevBatch));
  return (
    `"timeline":{"events":[${timeline}],"limited":${section.limited},"prev_batch":"${prevBatch}"}` +
    (state === '' && dialect === 'state' ? '' : `,"${dialect}":{"events":[${state}]}`)
  );
}

/** One string instead of a rope of pieces: it is copied into many responses. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}
