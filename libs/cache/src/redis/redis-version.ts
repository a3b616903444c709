/**
 * Why a Redis is too old, from its INFO; undefined when it is not. GETDEL came with 6.2. Valkey and others say which Redis they are like.
 */
export function versionProblem(info: string): string | undefined {
  const [version = '', major = '0', minor = '0'] = /^redis_version:(\d+)\.(\d+)/m.exec(info) ?? [];
  const isRecent = Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2);
  return isRecent ? undefined : `Redis ${version.replace('redis_version:', '')} is older than 6.2: upgrade it`;
}
