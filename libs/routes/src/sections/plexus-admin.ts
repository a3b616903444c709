import { operation } from '../operation.ts';

/** Plexus' own endpoints for administrators. */
export const plexusAdmin = [
  operation('admin.getStatistics', 'GET', '/_plexus/admin/v1/statistics', {
    owner: 'clientapi',
    auth: 'accessToken',
    rate: 'general',
  }),
] as const;
