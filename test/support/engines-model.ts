import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { createEngines, type Engines, enginesFromTemplate, types as engineTypes } from '../../local/engines';
import { Keyring } from '../../local/identity';
import type { Environment, Model, Resource, ResourceTypes } from '../../local/types';

/** Ports that were free a moment ago; all are held at once, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer());
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** An environment with free ports, given out by name. */
export async function environment(stateDir: string, ports = 32): Promise<Environment> {
  const free = await freePorts(ports);
  const given = new Map<string, number>();
  return {
    account: '111111111111',
    region: 'eu-central-1',
    endpointUrl: 'http://127.0.0.1:1',
    caFile: `${stateDir}/ca.pem`,
    stateDir,
    port: (name) => {
      if (!given.has(name)) given.set(name, free.pop()!);
      return given.get(name)!;
    },
  };
}

/** A model of resolved resources, by `stack/logicalId`, as a table of types sees them. */
export function modelOf(
  types: ResourceTypes,
  place: Environment,
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
  resources: Record<string, { type: string; properties?: Record<string, any> }>,
): Model {
  const all = Object.entries(resources).map(([name, { type, properties }]): Resource => {
    const [stack, logicalId] = name.split('/') as [string, string];
    return { stack, logicalId, type, properties: properties ?? {}, asset: () => '' };
  });
  const ref = (resource: Resource) => types[resource.type]!.ref(resource, place);
  const attribute = (resource: Resource, name: string) => types[resource.type]!.attributes![name]!(resource, place);
  return {
    environment: place,
    resources: (type) => all.filter((resource) => resource.type === type),
    find: (type, reference) =>
      all.find(
        (resource) =>
          resource.type === type &&
          [ref(resource), ...Object.keys(types[type]!.attributes ?? {}).map((name) => attribute(resource, name))].includes(
            reference,
          ),
      ),
    ref,
    attribute,
  };
}

/** Engines that run, and what leads to them. */
export interface StartedEngines {
  readonly engines: Engines;
  readonly place: Environment;
  readonly model: Model;
  /** Text of the certificate authority that the engines' certificates are of. */
  readonly authorities: string;
  /** Folder of the engines' data; {@link dispose} removes it. */
  readonly folder: string;
  dispose(): Promise<void>;
}

/** Starts real servers for these resources, on free ports and in a folder of their own. */
export async function startEngines(name: string, resources: Parameters<typeof modelOf>[2]): Promise<StartedEngines> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `cachement-${name}-`));
  const place = await environment(folder);
  const model = modelOf(engineTypes, place, resources);
  const engines = createEngines(enginesFromTemplate(model), {
    environment: place,
    keys: new Keyring('a secret of this test alone'),
    registry: { functions: new Map(), queues: new Map(), origins: new Map() },
    clock: { now: Date.now, schedule: () => () => {} },
    random: Math.random,
    log: () => {},
  });
  await engines.start();
  return {
    engines,
    place,
    model,
    authorities: fs.readFileSync(place.caFile, 'utf8'),
    folder,
    async dispose() {
      await engines.dispose();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
