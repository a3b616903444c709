/** One line a step, with the milliseconds it took: the same on a terminal, in a log and in CI. */
export interface Progress {
  /** Runs a step and prints its line when it ends; the text is what the step answers, or its failure. */
  step<T>(name: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T>;
  line(text: string): void;
}

export const createProgress = (write: (line: string) => void): Progress => {
  const print = (name: string, text: string, beganAt: number): void =>
    write(`  ${name.padEnd(12)} ${text} (${Math.round(performance.now() - beganAt)} ms)`);
  return {
    line: write,
    async step(name, work, describe) {
      const beganAt = performance.now();
      try {
        const result = await work();
        print(name, describe(result), beganAt);
        return result;
      } catch (error) {
        print(name, 'failed', beganAt);
        throw error;
      }
    },
  };
};

export const consoleProgress = (): Progress => createProgress((line) => process.stdout.write(`${line}\n`));
