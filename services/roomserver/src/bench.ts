export { coolBodies } from './bench/cool-bodies.ts';
