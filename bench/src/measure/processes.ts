import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose CPU and memory are counted together, with all their descendants. */
export interface ProcessGroup {
  readonly name: string;
  /** Asked at each sample: a process may have been started again. */
  readonly roots: () => readonly number[];
}

export interface Sample {
  /** Seconds of CPU that the group has used so far, those of ended children included. */
  readonly cpuSeconds: number;
  /** Resident bytes; pages that several processes share count once for each. */
  readonly residentBytes: number;
}

/** The kernel's clock ticks a second, which no Linux of today changes. */
const TICKS = 100;

/** What the group uses now, read from /proc, so exact whatever else runs on the machine. */
export function sample(group: ProcessGroup): Sample {
  const children = childrenByParent();
  let ticks = 0;
  let residentBytes = 0;
  const pending = [...group.roots()];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    const stat = statOf(pid);
    if (stat === undefined) continue;
    ticks += stat.ticks;
    residentBytes += residentOf(pid);
    pending.push(...(children.get(pid) ?? []));
  }
  return { cpuSeconds: ticks / TICKS, residentBytes };
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statOf(pid)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

function statOf(pid: number): { parent: number; ticks: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The command's name stands in parentheses and may hold anything, a parenthesis too.
  const fields = text
    ?.slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  if (fields === undefined) return undefined;
  const [, parent = 0, , , , , , , , , , user = 0, system = 0, childUser = 0, childSystem = 0] = fields;
  return { parent, ticks: user + system + childUser + childSystem };
}

function residentOf(pid: number): number {
  return kibibytesOf(pid, /^VmRSS:\s+(\d+)/m) * 1024;
}

/** The most bytes that a process has had resident. */
export function peakResidentOf(pid: number): number {
  return kibibytesOf(pid, /^VmHWM:\s+(\d+)/m) * 1024;
}

function kibibytesOf(pid: number, field: RegExp): number {
  return Number(field.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // The process ended while it was looked at.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
}
