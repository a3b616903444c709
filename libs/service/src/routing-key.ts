/** The room a request is about, if it is about one: what callers of roomserver choose a replica by, for its warm caches alone. */
export function roomOf(_method: string, request: unknown): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  if ('roomId' in request) return typeof request.roomId === 'string' ? request.roomId : undefined;
  if (!('roomIds' in request) || !Array.isArray(request.roomIds) || request.roomIds.length !== 1) return undefined;
  const roomId: unknown = request.roomIds[0];
  return typeof roomId === 'string' ? roomId : undefined;
}
