const TIMEOUT_MS = 20_000;

/** Something that events can be listened for on. */
interface Emitter {
  on(event: string, listener: (...values: never[]) => void): unknown;
  off(event: string, listener: (...values: never[]) => void): unknown;
}

/** Resolves when the condition holds, looked at now and after each of these events. @throws after 20 s, naming what was waited for. */
export function until<T>(
  emitter: Emitter,
  events: readonly string[],
  what: string,
  condition: () => T | undefined | false | null,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const event of events) emitter.off(event, look);
    };
    const look = (): void => {
      const value = condition();
      if (value === undefined || value === false || value === null) return;
      end();
      resolve(value);
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`waited in vain for ${what}`));
    }, TIMEOUT_MS);
    for (const event of events) emitter.on(event, look);
    look();
  });
}
