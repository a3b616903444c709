import type { CreateRoomRequest, RoomserverService, SendEvent } from '@plexus/contracts/roomserver';

/** Words of messages: frequent ones more often, as in what people write. */
const words =
  'the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what all were we when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into time has look two more write go see number no way could people my than first water been call who its now find long down day did get come made may part over new sound take only little work know place year live back give most very after thing our just name good sentence man think say great where help through much before line right too mean old any same tell boy follow came want show also around form three small set put end does another well large must big even such because turn here why ask went men read need land different home us move try kind hand picture again change off play spell air away animal house point page letter mother answer found study still learn should america world'.split(
    ' ',
  );
const TEXT_LENGTH = 100;

/** About a hundred characters, never the same again; the same for the same number. */
export function text(number: number): string {
  let state = (number + 1) * 2_654_435_761;
  let result = `${number}`;
  while (result.length < TEXT_LENGTH) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const share = state / 2_147_483_648;
    result += ` ${words[Math.floor(share * share * words.length)] ?? ''}`;
  }
  return result.slice(0, TEXT_LENGTH);
}

const common = { originServerTs: undefined, redacts: undefined, deviceId: undefined, transactionId: undefined };

/** Transaction ids are new in each run, since a database may be there for many. */
const run = Date.now();
let sent = 0;

/** A message of a client: with a transaction id. */
export function message(roomId: string, sender: string, number: number): SendEvent {
  return {
    ...common,
    roomId,
    sender,
    type: 'm.room.message',
    stateKey: undefined,
    content: JSON.stringify({ msgtype: 'm.text', body: text(number) }),
    deviceId: 'GHTYAJCE',
    transactionId: `m${run}.${sent++}`,
  };
}

export function topic(roomId: string, sender: string, number: number): SendEvent {
  return state(roomId, sender, 'm.room.topic', { topic: text(number) });
}

/** A join, or a change of the profile of somebody who is joined. */
export function join(roomId: string, user: string, displayName: string): SendEvent {
  const content = JSON.stringify({ membership: 'join', displayname: displayName });
  return { ...common, roomId, sender: user, type: 'm.room.member', stateKey: user, content };
}

/** A state event with the empty state key. */
export function state(roomId: string, sender: string, type: string, content: object): SendEvent {
  return { ...common, roomId, sender, type, stateKey: '', content: JSON.stringify(content) };
}

/** A public room of version 12. @throws Error when it is refused. */
export async function makeRoom(client: RoomserverService, creator: string): Promise<string> {
  const request: CreateRoomRequest = {
    creator,
    roomVersion: '12',
    creationContent: '{}',
    events: [
      { type: 'm.room.member', stateKey: creator, content: '{"membership":"join"}' },
      { type: 'm.room.power_levels', stateKey: '', content: '{"events":{"m.room.topic":0}}' },
      { type: 'm.room.join_rules', stateKey: '', content: '{"join_rule":"public"}' },
      { type: 'm.room.history_visibility', stateKey: '', content: '{"history_visibility":"shared"}' },
    ],
    alias: undefined,
    published: false,
  };
  const { result } = await client.createRoom(request);
  if (result?.$case !== 'roomId') throw new Error(`createRoom: ${result?.value.error}`);
  return result.value;
}

/** Sends events in one call. @throws Error when one is refused. */
export async function send(client: RoomserverService, events: SendEvent[]): Promise<void> {
  const { results } = await client.sendEvents({ events });
  for (const { result } of results)
    if (result?.$case !== 'eventId') throw new Error(`sendEvents: ${result?.value.error}`);
}
