import { type RedisConnectionOptions, RedisStore } from '../../lambdas/runtime';
import type { EngineProcess, Engines } from '../../local/engines';
import { startEngines } from './engines-model';
import { waitFor } from './wait-for';

/** A real cluster of three shards with a replica each, and what a store needs to reach it. */
export interface RedisCluster {
  readonly engines: Engines;
  readonly place: Place;
  /** Nodes of a role, once the cluster says which they are: a busy machine may not say it in time. */
  nodes(role: 'primary' | 'replica'): Promise<EngineProcess[]>;
  store(options?: Partial<RedisConnectionOptions>): RedisStore;
  dispose(): Promise<void>;
}

/**
 * Address of a cluster, for a client of another kind or in another process. Without `tls` it has the server's default user only.
 */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly ca: string };
  readonly user?: { readonly username: string; readonly password: string };
}

/** Options that a store, and each part of the library with a client of its own, needs to reach it. */
export function reach({ host, port, tls, user }: Place, namespace: string) {
  return { endpoint: `${host}:${port}`, tls: tls ?? false, namespace, ...(user && { credentials: () => user }) };
}

export interface RedisClusterOptions {
  /**
   * Whether connections are encrypted, and need a user.
   * @default true
   */
  readonly encrypted?: boolean;
}

const credentials = { username: 'app', password: 'a-password-of-the-tests' };

export async function startRedisCluster({ encrypted = true }: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { engines, model, authorities, dispose } = await startEngines('redis', {
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
        AccessString: 'on ~* &* +@all -@dangerous +info +cluster|slots +cluster|shards +cluster|info +cluster|nodes',
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
        TransitEncryptionEnabled: encrypted,
        CacheParameterGroupName: 'default.redis7.cluster.on',
        ...(encrypted && { UserGroupIds: ['users'] }),
      },
    },
  });
  const [group] = model.resources('AWS::ElastiCache::ReplicationGroup');
  const port = Number(model.attribute(group!, 'ConfigurationEndPoint.Port'));
  const tls = { ca: authorities };
  const stores: RedisStore[] = [];
  return {
    engines,
    place: { host: 'localhost', port, ...(encrypted && { tls, user: credentials }) },
    async nodes(role) {
      let nodes: EngineProcess[] = [];
      await waitFor(`a ${role}`, async () => {
        nodes = (await engines.processes()).filter((each) => each.kind === 'redis' && each.role === role);
        return nodes.length > 0;
      });
      return nodes;
    },
    store(options = {}) {
      const store = new RedisStore({
        endpoint: `localhost:${port}`,
        ...(encrypted ? { credentials: () => credentials, tls } : { tls: false }),
        namespace: 'test',
        connectBudgetMs: 5000,
        ...options,
      });
      stores.push(store);
      return store;
    },
    async dispose() {
      await Promise.all(stores.map((store) => store.close()));
      await dispose();
    },
  };
}
