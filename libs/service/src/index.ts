export { BoundedWork, TooMuchWork } from './bounded-work.ts';
export { type CertificateSource, certificateFiles, fixedCertificate } from './certificate-source.ts';
export { InstallationError } from './identity/installation-error.ts';
export { type Installation, installationProblems, signingKeyProblems } from './identity/installation-problems.ts';
export { settleServerName } from './identity/settle-server-name.ts';
export { runMigrations } from './run-migrations.ts';
export { type RunningProcess, type RunProcessOptions, runProcess } from './run-process.ts';
export {
  type Clients,
  type FederationListener,
  type ReadinessProblem,
  type RunningService,
  type ServiceModule,
  type ServiceName,
  type ServiceRuntime,
  serviceNames,
} from './service-module.ts';
export { exitOnUncaughtErrors } from './uncaught-errors.ts';
export { untilAnswered } from './until-answered.ts';
