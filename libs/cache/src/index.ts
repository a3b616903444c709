export type { EphemeralStore } from './ephemeral-store.ts';
