import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { RedisStore, type RedisStoreOptions } from '../../lambdas/runtime';
import { createEngines, type Engines, enginesFromTemplate, types } from '../../local/engines';
import { environment, modelOf } from './engines-model';

/** A real cluster of three shards with a replica each, with TLS and one user, and what a store needs to reach it. */
export interface RedisCluster {
  readonly engines: Engines;
  /** Where it is, for a client of another kind or in another process. */
  readonly place: { host: string; port: number; username: string; password: string; ca: string };
  store(options?: Partial<RedisStoreOptions>): RedisStore;
  dispose(): Promise<void>;
}

const credentials = { username: 'app', password: 'a-password-of-the-tests' };

export async function startRedisCluster(): Promise<RedisCluster> {
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-redis-'));
  const place = await environment(stateDir);
  const model = modelOf(types, place, {
    'test/Off': {
      type: 'AWS::ElastiCache::User',
      properties: { UserId: 'off', UserName: 'default', Engine: 'redis', AccessString: 'off -@all', NoPasswordRequired: true },
    },
    'test/App': {
      type: 'AWS::ElastiCache::User',
      properties: {
        UserId: 'app',
        UserName: credentials.username,
        Engine: 'redis',
        AccessString: 'on ~* &* +@all -@dangerous +cluster|slots +cluster|shards +cluster|info +cluster|nodes',
        Passwords: [credentials.password],
      },
    },
    'test/Users': {
      type: 'AWS::ElastiCache::UserGroup',
      properties: { UserGroupId: 'users', Engine: 'redis', UserIds: ['off', 'app'] },
    },
    'test/Cache': {
      type: 'AWS::ElastiCache::ReplicationGroup',
      properties: {
        ReplicationGroupDescription: 'test',
        Engine: 'redis',
        NumNodeGroups: 3,
        ReplicasPerNodeGroup: 1,
        AutomaticFailoverEnabled: true,
        TransitEncryptionEnabled: true,
        CacheParameterGroupName: 'default.redis7.cluster.on',
        UserGroupIds: ['users'],
      },
    },
  });
  const engines = createEngines(enginesFromTemplate(model), {
    environment: place,
    registry: { functions: new Map(), queues: new Map(), origins: new Map() },
    clock: { now: Date.now, schedule: () => () => {} },
    random: Math.random,
    log: () => {},
  });
  await engines.start();
  const [group] = model.resources('AWS::ElastiCache::ReplicationGroup');
  const port = Number(model.attribute(group!, 'ConfigurationEndPoint.Port'));
  const ca = fs.readFileSync(place.caFile, 'utf8');
  const stores: RedisStore[] = [];
  return {
    engines,
    place: { host: 'localhost', port, ca, ...credentials },
    store(options = {}) {
      const store = new RedisStore({
        endpoint: `localhost:${port}`,
        credentials: () => credentials,
        tls: { ca },
        namespace: 'test',
        connectBudgetMs: 5000,
        ...options,
      });
      stores.push(store);
      return store;
    },
    async dispose() {
      await Promise.all(stores.map((store) => store.close()));
      await engines.dispose();
      fs.rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
