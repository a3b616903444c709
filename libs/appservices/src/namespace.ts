import { LRUCache } from 'lru-cache';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { translateExpression } from './translate-expression.ts';

/** Says whether an identifier is inside a namespace. */
export type NamespaceMatcher = (id: string) => boolean;

/** Longer than any that a generator writes; the work of a match grows with it. */
export const MAX_EXPRESSION_LENGTH = 4096;

/** Verdicts that a matcher remembers: the members and senders of busy rooms come again and again. About 150 bytes each. */
const MAX_VERDICTS = 5000;

export type CompiledNamespace = { readonly matches: NamespaceMatcher } | { readonly problem: string };

/**
 * Compiles the regular expression of a namespace: the only function that does. It matches from the start of an identifier and need not
 * reach its end, as bridges expect (`@irc_` means `@irc_.*`), in linear time. What cannot be compiled is a problem that names
 * the characters and where they are; it never matches nothing in silence. Application Service API, "Registration".
 */
export function compileNamespace(expression: string): CompiledNamespace {
  if (expression.length > MAX_EXPRESSION_LENGTH)
    return { problem: `has ${expression.length} characters; at most ${MAX_EXPRESSION_LENGTH} are supported` };
  const translation = translateExpression(expression);
  if ('problem' in translation) {
    const { found, position, reason } = translation.problem;
    return { problem: `${JSON.stringify(found)} at character ${position + 1}: ${reason}` };
  }
  try {
    return { matches: matcherOf(RE2JS.compile(`^(?:${translation.re2})`)) };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { problem: `${JSON.stringify(error.input ?? expression)}: ${error.error}` };
  }
}

/** Whether an identifier is inside any of the namespaces. @throws TypeError for an expression that a registration cannot have */
export function compileNamespaces(expressions: readonly string[]): NamespaceMatcher {
  const matchers = expressions.map((expression) => {
    const compiled = compileNamespace(expression);
    if ('problem' in compiled) throw new TypeError(`a namespace cannot be compiled: ${compiled.problem}`);
    return compiled.matches;
  });
  return (id) => matchers.some((matches) => matches(id));
}

/** An expression needs microseconds for an identifier; a verdict that is remembered does not. */
function matcherOf(expression: RE2JS): NamespaceMatcher {
  const verdicts = new LRUCache<string, boolean>({ max: MAX_VERDICTS });
  return (id) => {
    const known = verdicts.get(id);
    if (known !== undefined) return known;
    const matches = expression.test(id);
    verdicts.set(id, matches);
    return matches;
  };
}
