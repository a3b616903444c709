/**
 * The type by which a server joins branches of a room: it says nothing but what its prev events are. Not in the specification, but what Synapse
 * and others send and keep from clients.
 */
export const DUMMY_EVENT_TYPE = 'org.matrix.dummy_event';
