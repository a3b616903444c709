const MAX_FILE_NAME_LENGTH = 255;

/** A file name fit to be kept: without characters that nobody can see or that a database refuses; undefined when nothing is left. */
export function uploadedFileName(name: string | null | undefined): string | undefined {
  const cleaned = (name ?? '').toWellFormed().replace(/\p{Cc}/gu, '');
  // Cut at a character, not inside a surrogate pair.
  const cut = cleaned
    .slice(0, MAX_FILE_NAME_LENGTH)
    .toWellFormed()
    .replace(/\ufffd$/, '');
  return cut === '' ? undefined : cut;
}

/**
 * The Content-Disposition header: plain ASCII names quoted, all others in UTF-8 as well, with a stand-in for who does not know that form.
 * RFC 6266.
 */
export function contentDisposition(kind: 'inline' | 'attachment', fileName: string | undefined): string {
  if (fileName === undefined) return kind;
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '\\$&');
  if (/^[\x20-\x7e]*$/.test(fileName)) return `${kind}; filename="${ascii}"`;
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${percentEncoded(fileName)}`;
}

/** RFC 5987: encodeURIComponent leaves ' ( ) * alone, which are not allowed there. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
