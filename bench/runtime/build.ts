import * as path from 'node:path';
import { installPeers, PEERS } from '../support/peers';
import { buildRoles } from '../support/roles';

/** JavaScript that is measured. */
export interface Build {
  /** File of a role: the library as it is deployed, in one file, with what drives it. */
  role(name: string): string;
  /** Module with the libraries that ours is compared with; it runs as it is, from its own `node_modules`. */
  readonly peers: string;
  dispose(): void;
}

/** Bundles the roles, and installs the peers where they are missing or outdated. */
export function build(log: (line: string) => void): Build {
  installPeers(log);
  const roles = buildRoles(path.join(__dirname, 'roles'));
  return { role: roles.file, peers: path.join(PEERS, 'peers.mjs'), dispose: roles.dispose };
}
