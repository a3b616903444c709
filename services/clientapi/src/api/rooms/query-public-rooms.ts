import {
  authenticated,
  errors,
  type Handler,
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
} from '@plexus/http';
import type { JsonObject } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { type PublicRoomsQuestion, publicRooms } from './public-rooms.ts';

const MAX_TEXT_BYTES = 1_000;

/** Client-server API, "POST /_matrix/client/v3/publicRooms". M_INVALID_PARAM. */
export function queryPublicRooms(context: ClientapiContext): Handler {
  return authenticated((request) => {
    const { body } = request;
    const limit = optionalInteger(body, 'limit', { min: 0, max: 2 ** 31 - 1 });
    const filter = optionalObject(body, 'filter') ?? {};
    return publicRooms(context, request, {
      ...(limit !== undefined && limit > 0 && { limit }),
      since: optionalString(body, 'since', { max: MAX_TEXT_BYTES }) ?? '',
      searchTerm: optionalString(filter, 'generic_search_term', { max: MAX_TEXT_BYTES }) ?? '',
      ...roomTypesOf(filter),
      ...networksOf(body),
    });
  });
}

function roomTypesOf(filter: JsonObject): PublicRoomsQuestion {
  const types = optionalArray(filter, 'room_types');
  if (types === undefined) return {};
  if (!types.every((type) => type === null || typeof type === 'string'))
    throw errors.badJson('room_types must be an array of strings and null');
  return {
    anyType: false,
    roomTypes: types.filter((type) => typeof type === 'string'),
    untyped: types.includes(null),
  };
}

function networksOf(body: JsonObject): PublicRoomsQuestion {
  const all = optionalBoolean(body, 'include_all_networks') ?? false;
  const network = optionalString(body, 'third_party_instance_id', { max: MAX_TEXT_BYTES });
  if (all && network !== undefined)
    throw errors.invalidParam('third_party_instance_id', 'cannot be asked for together with all networks');
  if (all) return { networks: { $case: 'all', value: true } };
  return network === undefined ? {} : { networks: { $case: 'network', value: network } };
}
