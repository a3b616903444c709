import type { z } from 'zod';

interface Located {
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly parameters?: string | undefined;
}

/** Puts user, password and parameters that are given beside a URL into it, so that nobody else has to know of them. */
export function withCredentials<Section extends Located>(
  { user, password, parameters, ...section }: Section,
  context: z.RefinementCtx,
): Omit<Section, 'user' | 'password' | 'parameters'> {
  if (!URL.canParse(section.url)) return section;
  const url = new URL(section.url);
  for (const [key, given, inUrl] of [
    ['user', user, url.username],
    ['password', password, url.password],
  ] as const)
    if (given !== undefined && inUrl !== '')
      context.addIssue({ code: 'custom', path: [key], message: `must not be given where the URL has a ${key} itself` });
  if (user !== undefined) url.username = encodeURIComponent(user);
  if (password !== undefined) url.password = encodeURIComponent(password);
  for (const [name, value] of new URLSearchParams(parameters)) url.searchParams.set(name, value);
  const isAsGiven = user === undefined && password === undefined && parameters === undefined;
  return isAsGiven ? section : { ...section, url: url.href };
}
