/** Whether PostgreSQL takes the text: anything but U+0000. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}
