import { parseArgs } from 'node:util';
import { runBench, type SectionName, sections } from './index.ts';

const usage = `usage: plexus bench [${Object.keys(sections).join('|')} …] [--vs synapse] [--json FILE] [--scale 0.1] [--only SCENARIO]`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    vs: { type: 'string' },
    json: { type: 'string' },
    scale: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const isSection = (name: string): name is SectionName => Object.hasOwn(sections, name);
const names = positionals.length === 0 ? Object.keys(sections) : positionals;
const chosen = names.filter(isSection);
const scale = Number(values.scale);
if (
  chosen.length < names.length ||
  !(scale > 0 && scale <= 1) ||
  (values.vs !== undefined && values.vs !== 'synapse')
) {
  console.error(usage);
  process.exitCode = 2;
} else {
  const vs = values.vs === undefined ? undefined : 'synapse';
  const reached = await runBench({
    sections: chosen,
    vs,
    json: values.json,
    scale,
    only: values.only,
    print: (line) => console.log(line),
  });
  process.exitCode = reached ? 0 : 1;
}
