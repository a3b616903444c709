export { dashboards } from './dashboards/index.ts';
export type { Dashboard, Panel } from './panel.ts';
