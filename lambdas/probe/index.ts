import { environment } from '../platform/environment';
import { createProbeClient, probe } from '../platform/purge/probe';

const client = createProbeClient({
  apiUrl: environment.apiUrl,
  keysPath: environment.purgedKeysPath,
  edgeUrl: environment.edgeUrl,
  region: environment.region,
  credentials: environment.credentials,
});

/** Compares some of the keys that were purged of late with the primary, each minute, from outside of the network. */
export const handler = (): Promise<void> => probe(client);
