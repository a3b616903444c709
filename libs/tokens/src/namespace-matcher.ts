/** Says whether an id is inside a set of namespaces. */
export type NamespaceMatcher = (id: string) => boolean;

/** An operator's regular expression longer than this is a mistake. */
const MAX_REGEX_LENGTH = 1024;

/**
 * Compiles the namespaces of an application service once. An expression matches at the start of the id, as bridges have come to expect
 * (`@irc_` means `@irc_.*`). What is no regular expression, or too long, matches nothing: the registration's loader refuses it.
 * Application Service API, "Registration".
 */
export function compileNamespaces(expressions: readonly string[]): NamespaceMatcher {
  const compiled = expressions.flatMap((expression) => compile(expression) ?? []);
  return (id) => compiled.some((regex) => regex.test(id));
}

function compile(expression: string): RegExp | undefined {
  if (expression.length > MAX_REGEX_LENGTH) return undefined;
  try {
    return new RegExp(`^(?:${expression})`, 'u');
  } catch (error) {
    if (error instanceof SyntaxError) return compileLoose(expression);
    throw error;
  }
}

/** Without the `u` flag needless escapes such as `\_` or `\@` are allowed; generators of registrations write them. */
function compileLoose(expression: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${expression})`);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
