import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { checkout } from '../infrastructure/checkout.ts';

const launcher = join(checkout, 'plexus');

/** `./plexus …` as a person starts it, and what it says. */
export class Launched {
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  readonly exitCode: Promise<number | null>;

  constructor(args: readonly string[], input = '') {
    const child = spawn(launcher, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(input);
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => this.lines.push(line));
    this.exitCode = new Promise((resolve) => child.once('close', resolve));
    this.child = child;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The URL of its ready line. @throws with what it has said when it ends before. */
  async ready(): Promise<string> {
    const url = (): string | undefined => /^ready (\S+)$/m.exec(this.text)?.[1];
    const deadline = performance.now() + 90_000;
    let hasEnded = false;
    void this.exitCode.then(() => {
      hasEnded = true;
    });
    while (url() === undefined && !hasEnded && performance.now() < deadline)
      await Promise.race([this.exitCode, wait(50)]);
    const found = url();
    if (found === undefined) throw new Error(`it was not ready:\n${this.text}`);
    return found;
  }

  async stop(): Promise<{ code: number | null; ms: number }> {
    const beganAt = performance.now();
    this.child.kill('SIGTERM');
    return { code: await this.exitCode, ms: performance.now() - beganAt };
  }
}
