export { type CompiledNamespace, compileNamespace, compileNamespaces, type NamespaceMatcher } from './namespace.ts';
export { RegistrationSource } from './registration-source.ts';
export { type NamespaceProblem, Registrations } from './registrations.ts';
export { SignsOfLife, subscribeSignsOfLife } from './signs-of-life.ts';
