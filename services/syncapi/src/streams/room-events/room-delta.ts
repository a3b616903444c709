import { formatPaginationToken } from '../../domain/pagination-token.ts';
import type { SectionStyle } from '../../domain/section-style.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import { isMemberEvent, membersIn, unintroducedSenders } from './member-events.ts';
import type { RoomSection } from './section.ts';

export interface Receiver {
  readonly userId: string;
  readonly deviceId: string | undefined;
}

/**
 * The events of a room since some position for all who filter alike: chosen and written once, however many
 * receive it.
 */
export class RoomDelta {
  readonly roomId: string;
  readonly section: RoomSection;
  /** Senders whose member events a lazy-loading client needs beside the section. */
  readonly senders: readonly string[];
  /** Member events in the timeline and in the state. */
  readonly memberEvents: readonly TimelineEvent[];
  readonly isEmpty: boolean;
  readonly #style: SectionStyle;
  readonly #membershipAt: ((event: TimelineEvent) => string | undefined) | undefined;
  /** The second in which the texts were made: the age of their events is of then. */
  #second = 0;
  readonly #texts = new Map<string, string>();
  readonly #echoSenders: ReadonlySet<string>;

  /**
   * @param membershipAt the receiver's membership at an event; without it the receiver was joined through all
   * of the timeline
   */
  constructor(
    roomId: string,
    section: RoomSection,
    style: SectionStyle,
    membershipAt?: (event: TimelineEvent) => string | undefined,
  ) {
    const { timeline, state } = section;
    this.roomId = roomId;
    this.section = section;
    this.#style = style;
    this.#membershipAt = membershipAt;
    this.senders = style.filter.state.lazyLoadMembers ? unintroducedSenders(section, style.dialect) : [];
    this.memberEvents = [...state, ...timeline].filter(isMemberEvent);
    this.isEmpty = timeline.length + state.length === 0;
    this.#echoSenders = new Set(
      timeline.filter((event) => event.transactionId !== undefined).map(({ sender }) => sender),
    );
  }

  /**
   * Whether the client learns of this member by the section itself. A client that gets the state after the
   * timeline takes none from there.
   */
  shows(userId: string): boolean {
    const { timeline, state } = this.section;
    const members = membersIn(this.#style.dialect === 'state' ? [...state, ...timeline] : state);
    return members.has(userId);
  }

  /**
   * The room's `timeline` and state for one receiver, with these members; the same string for all who sent
   * none of the events.
   */
  textFor(receiver: Receiver, members: readonly TimelineEvent[]): string {
    const now = this.#style.now();
    if (this.#echoSenders.has(receiver.userId)) return this.#text(now, members, receiver);
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#texts.clear();
    this.#second = second;
    const key = members.length === 0 ? '' : members.map((member) => member.eventId).join(' ');
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = flat(this.#text(now, members, undefined));
    this.#texts.set(key, text);
    return text;
  }

  /** The fields `timeline` and `state` (or its dialect) of a room in /sync, without the braces around. */
  #text(now: number, members: readonly TimelineEvent[], sender: Receiver | undefined): string {
    const { eventStyle } = this.#style.filter;
    const membershipAt = this.#membershipAt;
    const timeline = this.section.timeline.map((event) => {
      const transactionId = sender && event.transactionIdFor(sender.userId, sender.deviceId);
      const membership = membershipAt === undefined ? 'join' : membershipAt(event);
      return event.textFor(eventStyle, { now, membership, transactionId });
    });
    const state = [...this.section.state, ...members].map((event) =>
      event.textFor(eventStyle, { now, membership: membershipAt?.(event) }),
    );
    return sectionText(this.section, timeline, state, this.#style);
  }
}

/** The fields of a room of which nothing but other streams' news is sent. */
export function emptySectionText(position: number, style: SectionStyle): string {
  return sectionText({ limited: false, prevBatch: position }, [], [], style);
}

function sectionText(
  { limited, prevBatch }: Pick<RoomSection, 'limited' | 'prevBatch'>,
  timeline: readonly string[],
  state: readonly string[],
  { dialect, generation }: SectionStyle,
): string {
  const token = formatPaginationToken(generation, Math.max(0, prevBatch));
  return (
    `"timeline":{"events":[${timeline.join(',')}],"limited":${limited},"prev_batch":"${token}"}` +
    (state.length === 0 && dialect === 'state' ? '' : `,"${dialect}":{"events":[${state.join(',')}]}`)
  );
}

/** One string instead of a rope of pieces: it is copied into many responses. */
function flat(text: string): string {
  return Buffer.from(text).toString();
}
