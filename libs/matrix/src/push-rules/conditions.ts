import type { JsonValue } from '../canonical-json/json-value.ts';
import { compileGlob, containsWords } from '../glob/glob.ts';
import type { PushEvent } from './push-event.ts';
import type { PushCondition } from './push-rule.ts';

/** What conditions ask beside the event. */
export type PushContext = {
  /** Joined members of the room. */
  readonly memberCount: number;
  /** The user's display name in the room. */
  readonly displayName: string | undefined;
  /** Whether the sender's power is at least the level of `notifications.<key>` (50 when there is none). */
  readonly senderMayNotify: (key: string) => boolean;
};

export type Condition = (event: PushEvent, context: PushContext) => boolean;

const never: Condition = () => false;

/** A condition that is broken or of an unknown kind never holds. Client-Server API, "Push Rules", "Conditions". */
export function compileCondition(condition: PushCondition): Condition {
  const { kind, key, pattern, value, is } = condition;
  switch (kind) {
    case 'event_match':
      return key === undefined || pattern === undefined ? never : eventMatch(key, pattern);
    case 'event_property_is':
      return key === undefined || !isScalar(value) ? never : (event) => event.property(key) === value;
    case 'event_property_contains':
      return key === undefined || !isScalar(value) ? never : propertyContains(key, value);
    case 'contains_display_name':
      return containsDisplayName;
    case 'room_member_count':
      return is === undefined ? never : memberCount(is);
    case 'sender_notification_permission':
      return key === undefined ? never : (_, context) => context.senderMayNotify(key);
    default:
      return never;
  }
}

function eventMatch(key: string, pattern: string): Condition {
  const glob = compileGlob(pattern, { ignoreCase: true });
  const matches = key === 'content.body' ? glob.matchesWord : glob.matches;
  return (event) => {
    const value = event.property(key);
    return typeof value === 'string' && matches(value);
  };
}

function propertyContains(key: string, wanted: JsonValue): Condition {
  return (event) => {
    const value = event.property(key);
    return Array.isArray(value) && value.includes(wanted);
  };
}

function containsDisplayName(event: PushEvent, { displayName }: PushContext): boolean {
  const body = event.property('content.body');
  if (typeof body !== 'string' || displayName === undefined || displayName.trim() === '') return false;
  return containsWords(body, displayName);
}

function memberCount(is: string): Condition {
  const [, operator = '', digits = ''] = /^(==|<=|>=|<|>)?([0-9]{1,15})$/.exec(is) ?? [];
  if (digits === '') return never;
  const count = Number(digits);
  switch (operator) {
    case '<':
      return (_, context) => context.memberCount < count;
    case '>':
      return (_, context) => context.memberCount > count;
    case '<=':
      return (_, context) => context.memberCount <= count;
    case '>=':
      return (_, context) => context.memberCount >= count;
    default:
      return (_, context) => context.memberCount === count;
  }
}

function isScalar(value: JsonValue | undefined): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
