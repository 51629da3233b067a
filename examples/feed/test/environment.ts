/* What `addClient` sets. Nothing is connected to before the first query, and nothing is there. */
Object.assign(process.env, {
  CACHE_NAMESPACE: 'feed',
  SHARED_ENDPOINT: 'localhost:1',
  SHARED_SECRET_ARN: 'shared',
  DATABASE_WRITER: 'localhost:1',
  DATABASE_NAME: 'feed',
  DATABASE_POOL_SIZE: '1',
  DATABASE_SECRET_ARN: 'database',
  BUS_NAME: 'purges',
});
