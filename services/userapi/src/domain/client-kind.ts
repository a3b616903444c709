/** What tells a kind of client in its user agent, the most particular first. Kinds are few, since they are labels of metrics. */
const signs = [
  ['schildichat', 'schildichat'],
  ['fluffychat', 'fluffychat'],
  ['cinny', 'cinny'],
  ['nheko', 'nheko'],
  ['neochat', 'neochat'],
  ['fractal', 'fractal'],
  ['thunderbird', 'thunderbird'],
  ['element-android', 'element/'],
  ['element-desktop', 'electron'],
  ['element-android', 'riotx'],
  ['element-ios', 'cfnetwork'],
  ['bridge', 'mautrix'],
  ['bot', 'matrix-nio'],
  ['bot', 'maubot'],
  ['bot', 'matrix-bot-sdk'],
  ['library', 'python'],
  ['library', 'go-http-client'],
  ['library', 'node'],
  ['library', 'undici'],
  ['library', 'curl'],
  ['browser', 'mozilla'],
] as const;

export type ClientKind = (typeof signs)[number][0] | 'element-x-android' | 'element-x-ios' | 'other';

/** The kind of client that sends this user agent; `other` when nothing is known of it. */
export function clientKind(userAgent: string): ClientKind {
  const text = userAgent.toLowerCase();
  if (text.includes('element x') || text.includes('elementx'))
    return text.includes('android') ? 'element-x-android' : 'element-x-ios';
  if (text.includes('element/') && text.includes('electron')) return 'element-desktop';
  if (text.includes('element/') && text.includes('ios')) return 'element-ios';
  return signs.find(([, sign]) => text.includes(sign))?.[0] ?? 'other';
}
