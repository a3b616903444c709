export { service } from './main.ts';
