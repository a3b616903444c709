export { coolBodies } from './bench/cool-bodies.ts';
export { fillRooms } from './bench/fill-rooms.ts';
export { timeStateChanges } from './bench/time-state-changes.ts';
