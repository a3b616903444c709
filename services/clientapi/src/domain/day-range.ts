const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 1_100;
const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

export type DayRange = { readonly from: string; readonly to: string };

/** Days of UTC, both included: what is asked for, else the last 30. `problem` names what is no day, or no range. */
export function dayRange(
  from: string | null,
  to: string | null,
  now: number,
): DayRange | { readonly problem: 'from' | 'to' } {
  const end = to ?? dayOf(now);
  if (!isDay(end)) return { problem: 'to' };
  const start = from ?? dayOf(Date.parse(end) - (DEFAULT_DAYS - 1) * DAY_MS);
  const days = isDay(start) ? (Date.parse(end) - Date.parse(start)) / DAY_MS + 1 : 0;
  return days >= 1 && days <= MAX_DAYS ? { from: start, to: end } : { problem: 'from' };
}

function isDay(text: string): boolean {
  return dayPattern.test(text) && !Number.isNaN(Date.parse(text)) && dayOf(Date.parse(text)) === text;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
