export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const types = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);

/** Reads Prometheus' text format, version 0.0.4. @throws for a line that is not of it, a sample without a type, and one that comes twice. */
export function parsePrometheus(text: string): Sample[] {
  const typed = new Map<string, string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    if (line.startsWith('# TYPE ')) {
      const [name = '', type = ''] = line.slice(7).split(' ');
      if (!types.has(type) || typed.has(name)) throw new Error(`a wrong or second type: ${line}`);
      typed.set(name, type);
      continue;
    }
    const sample = parseSample(line);
    if (!isTyped(sample.name, typed)) throw new Error(`no type: ${line}`);
    const series = line.slice(0, line.lastIndexOf(' '));
    if (seen.has(series)) throw new Error(`a series twice: ${line}`);
    seen.add(series);
    samples.push(sample);
  }
  return samples;
}

function parseSample(line: string): Sample {
  const match = sampleLine.exec(line);
  if (match === null) throw new Error(`not a sample: ${line}`);
  const [, name = '', labels = '', number = ''] = match;
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : Number(number);
  if (Number.isNaN(value) && number !== 'NaN') throw new Error(`not a number: ${line}`);
  return { name, labels: parseLabels(labels, line), value };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const match = label.exec(text);
    if (match === null) throw new Error(`labels cannot be read: ${line}`);
    const [, name = '', value = ''] = match;
    labels[name] = value;
  }
  return labels;
}

function isTyped(name: string, typed: ReadonlyMap<string, string>): boolean {
  if (typed.has(name)) return true;
  const family = typed.get(name.replace(/_(bucket|sum|count)$/, ''));
  return family === 'histogram' || family === 'summary';
}
