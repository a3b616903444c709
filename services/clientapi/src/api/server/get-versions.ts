import { type Handler, rawJson } from '@plexus/http';

/** A version is listed when its operations pass the tests; clients read these as exact strings. */
const versions = ['r0.6.1', 'v1.1', 'v1.2', 'v1.11'];

/** Only what is served: clients change what they call by these. */
const unstableFeatures = {
  'org.matrix.msc3916.stable': true,
  'fi.mau.msc2659.stable': true,
};

/** Client-server API, "GET /_matrix/client/versions". */
export function getVersions(): Handler {
  const answer = rawJson(JSON.stringify({ versions, unstable_features: unstableFeatures }));
  return () => answer;
}
