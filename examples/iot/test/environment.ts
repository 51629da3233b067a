/* What `addClient` sets. Nothing is connected to before the first query, and nothing is there. */
Object.assign(process.env, {
  // copied: each template is an app of its own, whole.
  CACHE_NAMESPACE: 'iot',
  SHARED_ENDPOINT: 'localhost:1',
  SHARED_SECRET_ARN: 'shared',
  STATE_NAMESPACE: 'iot',
  STATE_ENDPOINT: 'localhost:2',
  STATE_SECRET_ARN: 'state',
  DATABASE_WRITER: 'localhost:1',
  DATABASE_NAME: 'iot',
  DATABASE_POOL_SIZE: '1',
  DATABASE_SECRET_ARN: 'database',
  BUS_NAME: 'purges',
});
