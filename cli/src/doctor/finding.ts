import { messageOf } from '../cli-error.ts';

/** One thing the doctor has looked at. `detail`: what was found, or what is wrong and the way out. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Answers what was found, or throws with what is wrong. */
export type Look = () => Promise<string>;

/** Looks at everything at once; what is wrong in one place hides nothing in another. */
export const lookAt = (looks: Readonly<Record<string, Look>>): Promise<Finding[]> =>
  Promise.all(
    Object.entries(looks).map(async ([name, look]): Promise<Finding> => {
      try {
        return { name, ok: true, detail: await look() };
      } catch (error) {
        return { name, ok: false, detail: messageOf(error) };
      }
    }),
  );

export const printFindings = (findings: readonly Finding[], asJson: boolean): void => {
  if (asJson) {
    console.log(JSON.stringify(findings, null, 2));
    return;
  }
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, ok, detail } of findings)
    console.log(`  ${ok ? 'ok     ' : 'problem'}  ${name.padEnd(width)}  ${detail}`);
};
