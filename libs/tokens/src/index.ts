export type { Requester } from './requester.ts';
