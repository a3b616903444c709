import { join, resolve } from 'node:path';

/** The root of the checkout that this CLI is part of. */
export const checkout = resolve(import.meta.dirname, '../../..');
export const toolsFolder = join(checkout, '.plexus', 'tools');
export const cacheFolder = join(checkout, '.plexus', 'cache');
