export { service } from './main.ts';
export { listContent } from './storage/media.ts';
