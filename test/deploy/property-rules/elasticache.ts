import { named, type PropertyRule } from './rule';

/** Rules of ElastiCache. */
export const CACHE_RULES: readonly PropertyRule[] = [
  {
    id: 'valkey-user-without-password',
    types: ['AWS::ElastiCache::User'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, AuthenticationMode, NoPasswordRequired }) =>
      Engine === 'valkey' && (NoPasswordRequired === true || AuthenticationMode?.Type === 'no-password-required')
        ? "a user of Valkey must have a password or IAM authentication, got: 'no-password-required'; leave the user out, or give it a password"
        : undefined,
  },
  {
    id: 'iam-user-id-is-name',
    types: ['AWS::ElastiCache::User'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html',
    problem: ({ AuthenticationMode, UserId, UserName }) =>
      AuthenticationMode?.Type === 'iam' && UserId !== UserName
        ? `'UserName' of a user with IAM authentication must be its 'UserId', got: '${UserName}'; give both the same`
        : undefined,
  },
  {
    id: 'user-passwords',
    types: ['AWS::ElastiCache::User'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AuthenticationMode.html',
    problem: ({ AuthenticationMode, Passwords }) => {
      const passwords = AuthenticationMode?.Passwords ?? Passwords ?? [];
      if (AuthenticationMode?.Type === 'password' && (passwords.length < 1 || passwords.length > 2))
        return `'AuthenticationMode.Passwords' must be one or two, got: ${passwords.length}; give one`;
      return undefined;
    },
  },
  {
    id: 'redis-group-needs-default-user',
    types: ['AWS::ElastiCache::UserGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, UserIds }, _, all) => {
      if (Engine !== 'redis') return undefined;
      const users = named(all, 'AWS::ElastiCache::User', UserIds);
      return users.some(({ properties }) => properties.UserName === 'default') || UserIds.includes('default')
        ? undefined
        : "a user group of Redis OSS must contain a user named 'default', got: none; add one that is disabled";
    },
  },
  {
    id: 'user-group-of-one-engine',
    types: ['AWS::ElastiCache::UserGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, UserIds }, _, all) => {
      const other = named(all, 'AWS::ElastiCache::User', UserIds).find(
        ({ properties }) => Engine === 'redis' && properties.Engine !== 'redis',
      );
      return other
        ? `users of a group of Redis OSS must be of Redis OSS, got: '${other.properties.Engine}' of ${other.address}; make it one of 'redis'`
        : undefined;
    },
  },
  {
    id: 'group-engine-of-cache',
    types: ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::ServerlessCache'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, UserGroupIds, UserGroupId }, _, all) => {
      const group = named(all, 'AWS::ElastiCache::UserGroup', [UserGroupIds, UserGroupId])[0];
      return group && Engine === 'redis' && group.properties.Engine === 'valkey'
        ? "the user group of a cache of Redis OSS must be of Redis OSS, got: 'valkey'; give the group the cache's engine"
        : undefined;
    },
  },
  {
    id: 'data-tiering-of-r6gd',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/data-tiering.html',
    problem: ({ CacheNodeType = '', DataTieringEnabled }) => {
      const isTiered = CacheNodeType.startsWith('cache.r6gd.');
      if (isTiered && DataTieringEnabled !== true)
        return `'DataTieringEnabled' must be true for '${CacheNodeType}', got: ${DataTieringEnabled}; set it, or take 'cache.r6g' or 'cache.r7g'`;
      if (!isTiered && DataTieringEnabled === true)
        return `'DataTieringEnabled' must be false for '${CacheNodeType}', got: true; it needs nodes of 'cache.r6gd'`;
      return undefined;
    },
  },
  {
    id: 'multi-az-needs-replicas',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html',
    problem: ({
      MultiAZEnabled,
      AutomaticFailoverEnabled,
      ReplicasPerNodeGroup,
      NumCacheClusters,
      NumNodeGroups,
      NodeGroupConfiguration,
      GlobalReplicationGroupId,
    }) => {
      if (GlobalReplicationGroupId) return undefined;
      const replicas =
        ReplicasPerNodeGroup ??
        NodeGroupConfiguration?.[0]?.ReplicaCount ??
        (NumCacheClusters === undefined ? 0 : NumCacheClusters - 1);
      if (MultiAZEnabled && !(AutomaticFailoverEnabled && replicas > 0))
        return `'MultiAZEnabled' needs automatic failover and a replica a shard, got: ${AutomaticFailoverEnabled}, ${replicas}; add a replica`;
      if ((NumNodeGroups ?? 1) > 1 && AutomaticFailoverEnabled !== true)
        return `'AutomaticFailoverEnabled' must be true with several shards, got: ${AutomaticFailoverEnabled}; set it`;
      return undefined;
    },
  },
  {
    id: 'users-need-tls',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ UserGroupIds, TransitEncryptionEnabled, AuthToken }) => {
      if (UserGroupIds?.length > 0 && TransitEncryptionEnabled !== true)
        return `'TransitEncryptionEnabled' must be true with a user group, got: ${TransitEncryptionEnabled}; set it`;
      return UserGroupIds?.length > 0 && AuthToken !== undefined
        ? "'AuthToken' must be left out with a user group, got: a token; take one of the two"
        : undefined;
    },
  },
  {
    id: 'parameter-group-of-engine',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html',
    problem: ({ Engine, EngineVersion, CacheParameterGroupName }, _, all) => {
      const group = named(all, 'AWS::ElastiCache::ParameterGroup', CacheParameterGroupName)[0];
      if (!group || !EngineVersion) return undefined;
      const [major = '', minor = ''] = String(EngineVersion).split('.');
      const family = Engine === 'redis' && major === '6' ? 'redis6.x' : `${Engine}${major}`;
      const got = group.properties.CacheParameterGroupFamily;
      return got === family || got === `${Engine}${major}.${minor}`
        ? undefined
        : `'CacheParameterGroupFamily' must be '${family}' for ${Engine} ${EngineVersion}, got: '${got}'; make a group of that family`;
    },
  },
  {
    id: 'durability-needs',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/durability.html',
    problem: ({
      Durability,
      Engine,
      EngineVersion,
      ClusterMode,
      NumNodeGroups,
      NodeGroupConfiguration,
      MultiAZEnabled,
      TransitEncryptionEnabled,
      AtRestEncryptionEnabled,
      DataTieringEnabled,
      GlobalReplicationGroupId,
    }) => {
      if (Durability !== 'sync' && Durability !== 'async') return undefined;
      const isCluster = ClusterMode === 'enabled' || NumNodeGroups !== undefined || NodeGroupConfiguration !== undefined;
      const missing = [
        !(Engine === 'valkey' && Number(EngineVersion) >= 9) && 'Valkey 9.0 or newer',
        !isCluster && 'cluster mode',
        MultiAZEnabled !== true && 'Multi-AZ',
        TransitEncryptionEnabled !== true && 'encryption in transit',
        AtRestEncryptionEnabled !== true && 'encryption at rest',
        DataTieringEnabled === true && 'nodes without data tiering',
        GlobalReplicationGroupId !== undefined && 'no global datastore',
      ].filter(Boolean);
      return missing.length > 0
        ? `'Durability' ${Durability} needs ${missing.join(', ')}; give them, or leave it out`
        : undefined;
    },
  },
];
