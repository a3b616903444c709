export type * from './service-module.ts';
