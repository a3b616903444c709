import { sql } from '@plexus/postgres';

/** Rooms, users and events carry the server's name. */
export const roomsExist = sql('roomserver_rooms_exist', 'SELECT EXISTS (SELECT FROM roomserver.rooms) AS found');
