/** A known weakness of a package, as the registry of npm reports it. */
export interface Advisory {
  /** GHSA-… where it has one, else the registry's number. */
  readonly id: string;
  readonly package: string;
  readonly title: string;
  readonly severity: string;
  readonly vulnerable: string;
}

/** An entry of advisories.yaml. */
export interface Allowed {
  readonly id: string;
  readonly package: string;
  readonly reason: string;
  /** Day, as 2027-01-31. */
  readonly until: string;
}

/** Names of packages and the versions of each that are in the product. */
export type Packages = ReadonlyMap<string, readonly string[]>;

/** Packages of npm in a CycloneDX document; the product's own are left out. */
export const packagesIn = (sbom: unknown): Packages => {
  const found = new Map<string, string[]>();
  for (const component of entriesOf(fieldOf(sbom, 'components'))) {
    const [, name, version] = /^pkg:npm\/(.+)@([^@?]+)/.exec(String(fieldOf(component, 'purl'))) ?? [];
    if (name === undefined || version === undefined) continue;
    const decoded = decodeURIComponent(name);
    if (!decoded.startsWith('@plexus/')) found.set(decoded, [...(found.get(decoded) ?? []), version]);
  }
  return found;
};

/** What the registry answers to a question about many packages: a list by package. */
export const advisoriesIn = (answer: unknown): Advisory[] =>
  Object.entries(typeof answer === 'object' && answer !== null ? answer : {}).flatMap(([name, list]) =>
    entriesOf(list).map((entry) => {
      const text = (key: string): string => {
        const value = fieldOf(entry, key);
        return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
      };
      const id = /GHSA-[\w-]+/.exec(text('url'))?.[0] ?? text('id');
      return {
        id,
        package: name,
        title: text('title'),
        severity: text('severity'),
        vulnerable: text('vulnerable_versions'),
      };
    }),
  );

/** Entries of advisories.yaml. @throws Error naming the entry that says too little */
export const allowedIn = (file: unknown): Allowed[] =>
  entriesOf(fieldOf(file, 'allowed')).map((entry, index) => {
    const text = (key: keyof Allowed): string => {
      const value = fieldOf(entry, key);
      if (typeof value !== 'string' || value.trim() === '') throw new Error(`allowed[${index}].${key}: is missing`);
      return value;
    };
    const until = text('until');
    if (!/^\d{4}-\d{2}-\d{2}$/.test(until))
      throw new Error(`allowed[${index}].until: must be a day such as 2027-01-31`);
    return { id: text('id'), package: text('package'), reason: text('reason'), until };
  });

/** One sentence for each thing that keeps the product from being released. `today`: as 2026-12-01. */
export const problemsOf = (advisories: readonly Advisory[], allowed: readonly Allowed[], today: string): string[] => {
  const entryOf = ({ id, package: name }: Advisory) => allowed.find((one) => one.id === id && one.package === name);
  const unknown = advisories
    .filter((advisory) => entryOf(advisory) === undefined)
    .map((one) => `${one.package} ${one.vulnerable}: ${one.severity}, ${one.title} (${one.id})`);
  const expired = allowed
    .filter(({ until }) => until < today)
    .map(({ id, until }) => `${id}: was allowed until ${until}; look at it again`);
  const unused = allowed
    .filter((entry) => !advisories.some((advisory) => entryOf(advisory) === entry))
    .map(({ id }) => `${id}: is allowed and no longer reported; remove the entry`);
  return [...unknown, ...expired, ...unused];
};

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined;

const entriesOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
