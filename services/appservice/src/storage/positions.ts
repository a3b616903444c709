import { consumerPosition, deadLetter } from '@plexus/streams';

/** How far this service has come in the logs of others, and what it could not apply. */
export const positions = { ...consumerPosition('appservice'), ...deadLetter('appservice') };
