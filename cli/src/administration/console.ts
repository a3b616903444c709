import type { MatrixError } from '@plexus/contracts/common';
import { CliError } from '../cli-error.ts';

/** Who asks, for the audit log of userapi. */
export const actor = 'console';

/** @throws CliError with the server's own words */
export const requireDone = ({ error }: { readonly error?: MatrixError | undefined }): void => {
  if (error !== undefined) throw refusal(error);
};

export const refusal = (error: MatrixError | undefined): CliError =>
  new CliError(error === undefined ? 'userapi gave no answer' : `${error.errcode}: ${error.error}`);

export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 2));

/** A time for people and scripts alike; `never` when there is none. */
export const timeText = (milliseconds: number | undefined): string =>
  milliseconds === undefined ? 'never' : new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
