/* What `addClient` sets. Nothing is connected to before the first query, and nothing is there. */
Object.assign(process.env, {
  CACHE_NAMESPACE: 'store',
  SHARED_ENDPOINT: 'localhost:1',
  SHARED_SECRET_ARN: 'shared',
  STATE_ENDPOINT: 'localhost:1',
  STATE_SECRET_ARN: 'state',
  STATE_NAMESPACE: 'store',
  DATABASE_WRITER: 'localhost:1',
  DATABASE_NAME: 'store',
  DATABASE_POOL_SIZE: '1',
  DATABASE_SECRET_ARN: 'database',
  BUS_NAME: 'purges',
});
