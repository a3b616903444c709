import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, generatedFiles } from './files.ts';

for (const [path, content] of generatedFiles()) {
  writeFileSync(join(checkout, path), content);
  console.log(path);
}
