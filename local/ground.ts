import * as fs from 'node:fs';
import * as path from 'node:path';
import type { CloudAssembly } from './assembly';
import { BUCKETS_FOLDER } from './buckets';
import { Cleanup } from './cleanup';
import { Ports } from './host/ports';
import { endLeftovers } from './host/processes';
import { lockStateDir } from './host/state-dir';
import type { Environment, Log } from './types';

/** What a platform stands on, and keeps while what runs is replaced: its state folder, its log and its ports. */
export interface Ground {
  readonly stateDir: string;
  /** Port of the edge. */
  readonly edgePort: number;
  readonly log: Log;
  /** Account and region of an assembly, with this machine's servers. */
  environment(assembly: CloudAssembly): Environment;
  /** Gives everything back. May be called more than once. */
  close(): Promise<void>;
}

export interface GroundOptions {
  /** Folder for data, logs and secrets; of one platform at a time. */
  readonly stateDir: string;
  /** Port of the edge on loopback; 0 is any free one. @default - 8080, or the next one that is free */
  readonly port?: number;
  /** Takes what the products report, besides the log file. @default - nothing */
  readonly log?: Log;
}

const DEFAULT_PORT = 8080;
/** Ports that are tried from the default one on. */
const PORTS_TRIED = 20;

/** Account of stacks that name none; nobody's. */
const DEFAULT_ACCOUNT = '000000000000';
const DEFAULT_REGION = 'us-east-1';

/** The port of the edge, by its name in {@link Environment.port}. */
const EDGE = 'edge';

/**
 * Takes the state folder and the ports.
 * @throws {PortInUseError} {@link StateDirInUseError} where something else runs in its place.
 */
export async function openGround(options: GroundOptions): Promise<Ground> {
  const cleanup = new Cleanup();
  try {
    return await open(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function open({ port, log: shown = () => undefined, ...options }: GroundOptions, cleanup: Cleanup): Promise<Ground> {
  const stateDir = path.resolve(options.stateDir);
  cleanup.add(lockStateDir(stateDir));
  // Objects stay while the app is replaced, and go with the run, as the data of the engines does.
  fs.rmSync(path.join(stateDir, BUCKETS_FOLDER), { recursive: true, force: true });
  const { log, close } = logTo(path.join(stateDir, 'logs/platform.log'), shown);
  cleanup.add(close);
  const left = await endLeftovers(stateDir);
  if (left.length > 0) log('platform', `ended what an earlier run left behind: ${left.join(', ')}`);

  const ports = await Ports.take();
  cleanup.add(() => ports.release());
  if (port === undefined) await ports.claimFrom(EDGE, DEFAULT_PORT, PORTS_TRIED);
  else if (port !== 0) await ports.claim(EDGE, port);

  return {
    stateDir,
    edgePort: ports.port(EDGE),
    log,
    environment: ({ stacks }) => ({
      account: stacks.find(({ account }) => account)?.account ?? DEFAULT_ACCOUNT,
      region: stacks.find(({ region }) => region)?.region ?? DEFAULT_REGION,
      endpointUrl: `http://127.0.0.1:${ports.port('aws')}`,
      caFile: path.join(stateDir, 'certificates/ca.pem'),
      stateDir,
      port: (name) => ports.port(name),
    }),
    close: () => cleanup.run(),
  };
}

/** Log of the products' reports: to a file, and to `shown`. */
function logTo(file: string, shown: Log): { readonly log: Log; close(): Promise<void> } {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const stream = fs.createWriteStream(file, { mode: 0o600 });
  // Such as a full disk: the platform goes on without the file.
  stream.on('error', ({ message }) => shown('platform', `the log file can't be written any more: ${message}`));
  return {
    log(product, message) {
      shown(product, message);
      if (stream.writable) stream.write(`${new Date().toISOString()} [${product}] ${message}\n`);
    },
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  };
}
