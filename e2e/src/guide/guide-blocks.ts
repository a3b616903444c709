import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkout } from '../stack/stack.ts';

/** A block of commands of the operator's guide. */
export interface GuideBlock {
  readonly page: string;
  readonly commands: string;
}

/** Blocks that are marked by `<!-- run -->` on the line before them: they can be run as they stand. */
export const runnableBlocks = (): GuideBlock[] =>
  globSync('docs/operators/*.md', { cwd: checkout })
    .toSorted()
    .flatMap((path) =>
      [...readFileSync(join(checkout, path), 'utf8').matchAll(/^<!-- run -->\n```\w*\n([\s\S]*?)^```$/gm)].map(
        ([, commands = '']) => ({ page: basename(path), commands }),
      ),
    );
