/**
 * What most PDUs have in common, in the order of canonical JSON. Only ever to be added to: stored bodies hold the places in this list.
 * Longer phrases come before those that they contain.
 */
const phrases = [
  '{"auth_events":["$',
  '","$',
  '"],"content":{',
  '{"body":"',
  '","msgtype":"m.text"}',
  '"membership":"',
  '"displayname":"',
  '"avatar_url":',
  '"m.relates_to":{"',
  '},"depth":',
  ',"depth":',
  ',"hashes":{"sha256":"',
  '"},"origin_server_ts":1',
  ',"prev_events":["$',
  '"],"room_id":"!',
  '","sender":"@',
  '","signatures":{"',
  '":{"ed25519:',
  '"}},"state_key":"',
  '","type":"m.room.',
  '"}},"type":"m.room.',
  'message"}',
  'encrypted"}',
  'member"}',
  '"algorithm":"m.megolm.v1.aes-sha2","ciphertext":"',
] as const;

const FIRST_FREE_CODE = 0x20;

interface Phrase {
  readonly text: string;
  readonly code: string;
  /** Where its first quote stands. */
  readonly quoteAt: number;
}

/** By the character after their first quote, in the order of the list. */
const phrasesAtQuote: ReadonlyMap<number, readonly Phrase[]> = Map.groupBy(
  phrases.map((text, index) => ({ text, code: String.fromCharCode(index + 1), quoteAt: text.indexOf('"') })),
  ({ text, quoteAt }) => text.charCodeAt(quoteAt + 1),
);

/**
 * Canonical JSON with frequent phrases folded into one control character each. Canonical JSON escapes control characters, so they are free,
 * and text without any unfolds to itself. A message of 669 bytes takes 500; every byte less is one less in the WAL, the cache and the
 * backups too. Every phrase holds a quote, so one walk from quote to quote finds them all: 1.6 µs a message, where replacing phrase by
 * phrase took 6. Deflate with a dictionary saves twice as much, for 50 µs: that is for bodies that are cold.
 */
export function foldJson(json: string): string {
  let folded = '';
  let copied = 0;
  for (let quote = json.indexOf('"'); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    const phrase = phraseAt(json, quote, copied);
    if (phrase === undefined) continue;
    const start = quote - phrase.quoteAt;
    folded += json.slice(copied, start) + phrase.code;
    copied = start + phrase.text.length;
    quote = copied - 1;
  }
  return copied === 0 ? json : folded + json.slice(copied);
}

/** The phrase whose first quote is this one, if it begins where nothing is folded yet. */
function phraseAt(json: string, quote: number, from: number): Phrase | undefined {
  for (const phrase of phrasesAtQuote.get(json.charCodeAt(quote + 1)) ?? []) {
    const start = quote - phrase.quoteAt;
    if (start >= from && json.startsWith(phrase.text, start)) return phrase;
  }
  return undefined;
}

export function unfoldJson(folded: string): string {
  let json = '';
  let copied = 0;
  for (let i = 0; i < folded.length; i++) {
    const code = folded.charCodeAt(i);
    if (code >= FIRST_FREE_CODE) continue;
    json += folded.slice(copied, i) + phraseOf(code);
    copied = i + 1;
  }
  return copied === 0 ? folded : json + folded.slice(copied);
}

function phraseOf(code: number): string {
  const phrase = phrases[code - 1];
  if (phrase === undefined) throw new RangeError('a stored body holds a phrase that this version does not know');
  return phrase;
}
