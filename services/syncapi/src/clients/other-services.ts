import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { TypingService } from '@plexus/contracts/typing';
import type { UserapiService } from '@plexus/contracts/userapi';

/** What this service asks of others, and no more. */
export interface OtherServices {
  readonly roomserver: Pick<
    RoomserverService,
    'getEvents' | 'queryMembers' | 'queryMemberships' | 'queryRooms' | 'queryState' | 'readLog'
  >;
  readonly userapi: Pick<UserapiService, 'getAccountData' | 'setAccountData' | 'readLog'>;
  readonly typing: Pick<TypingService, 'getTyping' | 'setTyping'>;
}
