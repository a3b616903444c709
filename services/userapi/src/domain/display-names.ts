import { MAX_DISPLAY_NAME_LENGTH } from './limits.ts';
import { isStorable } from './stored-text.ts';

/** Whether a device or a new user may have this name; undefined is no name. */
export function isDisplayName(name: string | undefined): boolean {
  return name === undefined || (name.length <= MAX_DISPLAY_NAME_LENGTH && isStorable(name));
}
