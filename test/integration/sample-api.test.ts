import { AwsStub, BundledFunction } from '../support/bundled-function';
import { KEEPER, MIGRATIONS, OWNER, type Postgres, READER, STANDBY, startPostgres, WRITER } from '../support/postgres';
import { waitFor } from '../support/wait-for';

let postgres: Postgres;
let aws: AwsStub;
let read: BundledFunction;
let write: BundledFunction;
let relay: BundledFunction;
const functions: BundledFunction[] = [];

function start(bundle: string, role: string, more: Record<string, string> = {}): BundledFunction {
  const created = new BundledFunction(bundle, {
    ...postgres.environment,
    AWS_ENDPOINT_URL: aws.url,
    DATABASE_SECRET_ARN: role,
    // A cluster that isn't there: everything must work without it.
    SHARED_ENDPOINT: 'localhost:1',
    SHARED_SECRET_ARN: 'shared',
    CACHE_NAMESPACE: 'test',
    BUS_NAME: 'bus',
    ...more,
  });
  functions.push(created);
  return created;
}

const customResource = (RequestType: string) => ({
  RequestType,
  ResponseURL: `${aws.url}/answer?signature=1`,
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Schema',
});

async function deploy(bundle: string, more: Record<string, string> = {}) {
  const created = start(bundle, 'owner', more);
  for (const type of ['Create', 'Update', 'Delete']) await created.invoke(customResource(type));
  await created.dispose();
  return aws.answers.splice(0);
}

beforeAll(async () => {
  postgres = await startPostgres({ standby: true });
  aws = await AwsStub.start({
    owner: OWNER,
    reader: READER,
    writer: WRITER,
    keeper: KEEPER,
    shared: { username: 'app', password: 'x' },
  });
});
afterAll(async () => {
  await Promise.all(functions.map((one) => one.dispose()));
  await aws?.dispose();
  await postgres?.dispose();
});

const get = (path: string, queryStringParameters: Record<string, string> | null = null, httpMethod = 'GET') =>
  read.invoke({ httpMethod, path, queryStringParameters, headers: {}, body: null });
const patch = (path: string, body: unknown, httpMethod = 'PATCH') =>
  write.invoke({ httpMethod, path, body: typeof body === 'string' ? body : JSON.stringify(body) });
const problem = (status: number, detail: string) => ({
  statusCode: status,
  headers: expect.objectContaining({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' }),
  body: expect.stringContaining(detail),
});

test('a deployment migrates the schema and loads the places, and answers every request of CloudFormation', async () => {
  const roles = {
    DATABASE_READER_SECRET_ARN: 'reader',
    DATABASE_WRITER_SECRET_ARN: 'writer',
    DATABASE_KEEPER_SECRET_ARN: 'keeper',
  };
  expect(await deploy('lambdas/migration', roles)).toMatchObject([
    { Status: 'SUCCESS', PhysicalResourceId: 'cachement-schema', Data: { applied: MIGRATIONS.length } },
    { Status: 'SUCCESS', PhysicalResourceId: 'cachement-schema', Data: { applied: 0 } },
    { Status: 'SUCCESS', PhysicalResourceId: 'cachement-schema' },
  ]);
  expect(await deploy('places/sample-data')).toMatchObject([
    { Status: 'SUCCESS', Data: { loaded: 135_233 } },
    { Status: 'SUCCESS', Data: { loaded: 0 } },
    { Status: 'SUCCESS' },
  ]);
  expect(await deploy('lambdas/migration', { ...roles, DATABASE_NAME: 'nothing' })).toMatchObject([
    { Status: 'FAILED', Reason: expect.stringContaining('database "nothing" does not exist') },
    { Status: 'FAILED' },
    { Status: 'SUCCESS' },
  ]);
});

describe('the read API, without a shared tier', () => {
  beforeAll(() => {
    read = start('places/read-api', 'reader');
  });

  test('gives a place', async () => {
    const response = await get('/places/2950159');
    expect(JSON.parse(response.body)).toEqual({
      id: 2950159,
      name: 'Berlin',
      country: 'DE',
      population: 3_426_354,
      location: { latitude: 52.52437, longitude: 13.41053 },
      featureCode: 'PPLC',
      adminCode: '16',
    });
    expect(response).toMatchObject({
      statusCode: 200,
      headers: {
        'content-type': 'application/json',
        'x-amz-meta-cache-tag': 'place:2950159,places',
        'cache-control': expect.stringMatching(/^public, must-revalidate, s-maxage=\d+$/),
        etag: expect.stringMatching(/^"[\w-]{22}"$/),
        'cache-status': expect.stringContaining('shared; fwd=bypass'),
      },
    });
  });

  test('gives the places of a country by population, whatever else is asked for', async () => {
    const response = await get('/places', { country: 'de', limit: '3', colour: 'red' });
    const page = JSON.parse(response.body);
    expect(page).toMatchObject({ country: 'DE', limit: 3, page: 1 });
    expect(page.places.map(({ name }: { name: string }) => name)).toEqual(['Berlin', 'Hamburg', 'Munich']);
    expect(response.headers['x-amz-meta-cache-tag']).toBe('country:de,countries');
    const second = JSON.parse((await get('/places', { country: 'DE', limit: '1', page: '2' })).body);
    expect(second.places.map(({ name }: { name: string }) => name)).toEqual(['Hamburg']);
    expect(JSON.parse((await get('/places', { country: 'DE' })).body).places).toHaveLength(20);
    expect(JSON.parse((await get('/places', { country: 'XX' })).body).places).toEqual([]);
  });

  test('gives the places around a point, the nearest first, also across the antimeridian and at a pole', async () => {
    const near = async (lat: string, lon: string, radius: string) => {
      const { statusCode, body, headers } = await get('/places/nearby', { lat, lon, radius });
      expect({ statusCode, control: headers['cache-control'] }).toEqual({ statusCode: 200, control: 'no-store' });
      return JSON.parse(body).places as { name: string; distanceKm: number }[];
    };
    const berlin = await near('52.524', '13.41', '10');
    expect(berlin[0]).toMatchObject({ name: 'Berlin', country: 'DE', distanceKm: expect.closeTo(0.05, 1) });
    expect(berlin).toHaveLength(20);
    const distances = berlin.map(({ distanceKm }) => distanceKm);
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    // The same by the database, since a circle of so many cells isn't asked of them.
    expect((await near('52.524', '13.41', '500')).slice(0, 5)).toEqual(berlin.slice(0, 5));
    expect((await near('-16.6', '-179.99', '100')).map(({ name }) => name)).toContain('Labasa');
    expect(await near('90', '0', '100')).toEqual([]);
  });

  test('finds places whose name begins with a text, the largest first, page by page', async () => {
    const search = async (query: Record<string, string>) => JSON.parse((await get('/places/search', query)).body);
    const first = await search({ q: ' BERL' });
    expect(first).toMatchObject({ places: [{ name: 'Berlin', country: 'DE' }, ...Array(19).fill({ name: expect.anything() })] });
    expect(first.total).toBeGreaterThan(20);
    expect((await search({ q: 'berlin', country: 'us' })).places[0]).toMatchObject({ name: 'Berlin', country: 'US' });
    expect(await search({ q: 'Örebro' })).toMatchObject({ places: [{ name: 'Örebro' }] });
    expect(await search({ q: '%%' })).toMatchObject({ places: [], total: 0 });
  });

  test('says that a place is not there, with the tag that its arrival will purge', async () => {
    expect(await get('/places/1')).toMatchObject({
      statusCode: 404,
      headers: {
        'content-type': 'application/problem+json',
        'x-amz-meta-cache-tag': 'place:1,places',
        'cache-control': expect.stringContaining('s-maxage='),
      },
    });
  });

  test('knows a place by one spelling of its id only, since the gateway keeps a response a spelling', async () => {
    const { statusCode, body } = await get('/places/0002950159');
    expect({ statusCode, body }).toEqual({ statusCode: 400, body: expect.stringContaining("'id' must be written as '2950159'") });
  });

  test.each([
    ['/places/abc', null, "'id' must be a whole number"],
    ['/places/1.5', null, "'id' must be a whole number"],
    ['/places/-1', null, "'id' must be a whole number"],
    ['/places', null, "'country' is required"],
    ['/places', { country: 'DEU' }, "'country' must be two letters"],
    ['/places', { country: 'DE', limit: '41' }, "'limit' must be from 1 to 40"],
    ['/places', { country: 'DE', limit: '0' }, "'limit' must be from 1 to 40"],
    ['/places', { country: 'DE', limit: 'x' }, "'limit' must be a whole number"],
    ['/places', { country: 'DE', page: '0' }, "'page' must be from 1"],
    ['/places/nearby', { lat: '52' }, "'lon' is required"],
    ['/places/nearby', { lat: '91', lon: '0' }, "'lat' must be a decimal number from -90 to 90"],
    ['/places/nearby', { lat: '1', lon: '1e1' }, "'lon' must be a decimal number"],
    ['/places/nearby', { lat: '1', lon: '1', radius: '0' }, "'radius' must be a decimal number from 0.1 to 500"],
    ['/places/search', { q: 'b ' }, "'q' must be 2 to 64 characters"],
    ['/places/search', { q: 'be', country: 'DEU' }, "'country' must be two letters"],
    ['/places/search', { q: 'be', cursor: '20' }, "'cursor' must be one that came with a page"],
    ['/purges/1', null, "'purgeId' must be a UUID"],
    ['/purges', { from: '-271821-04-20T00:00:00Z' }, "'from' must be a time as in ISO 8601"],
  ])('refuses %s with %j', async (path, query, detail) => {
    expect(await get(path, query)).toEqual(problem(400, detail));
  });

  test('throws at a malformed escape, since the stage cache keeps whatever is answered, and nothing that is thrown', async () => {
    await expect(get('/places/%E0%A4%A', null)).rejects.toThrow("'id' must be percent-encoded UTF-8");
  });

  test.each([
    '/places/99999999999999999999',
    '/purges/11111111-1111-4111-8111-111111111111',
    '/nothing',
    '/',
  ])('has nothing at %s', async (path) => {
    expect(await get(path)).toMatchObject({ statusCode: 404, headers: { 'cache-control': 'no-store' } });
  });

  test.each(['0000-01-01', '9999-12-31T23:59:59Z'])('lists purges from %s', async (from) => {
    expect((await get('/purges', { from, to: '0000-01-01' })).statusCode).toBe(200);
  });

  test('refuses other methods, and names those that there are', async () => {
    expect(await get('/places/1', null, 'DELETE')).toEqual(problem(405, 'DELETE is not allowed here'));
    expect((await get('/places/1', null, 'DELETE')).headers.allow).toBe('GET, HEAD');
    expect((await get('/places', null, 'POST')).headers.allow).toBe('GET, HEAD');
    expect((await get('/purges/x', null, 'PUT')).statusCode).toBe(405);
  });

  test('answers HEAD as GET, without a body', async () => {
    const [head, full] = [await get('/places/2950159', null, 'HEAD'), await get('/places/2950159')];
    expect(head).toMatchObject({ statusCode: 200, body: '', headers: { etag: full.headers.etag } });
  });

  test('reports the health of each tier', async () => {
    const response = await get('/health');
    expect(response).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-store' } });
    expect(JSON.parse(response.body)).toMatchObject({
      status: 'degraded',
      edge: { status: 'ok', waiting: 0 },
      gateway: { status: 'ok', waiting: 0 },
      shared: { status: 'down' },
      database: { primary: { status: 'ok' }, replicas: [{ status: 'ok' }] },
    });
  });
});

describe('the write API, without a shared tier', () => {
  beforeAll(() => {
    write = start('places/write-api', 'writer');
    relay = start('lambdas/relay', 'keeper', {
      GATEWAY_WINDOW_MS: '0',
      EDGE_WINDOW_MS: '0',
      EDGE_MONTHLY_ITEMS: '0',
      EDGE_ESCALATE_FROM: '100',
    });
  });

  test('changes a place, and asks for the purge of all that shows it', async () => {
    const response = await patch('/places/2950159', { name: 'Spree-Athen', population: 4_000_000 });
    const { purgeId, ...place } = JSON.parse(response.body);
    expect(response).toMatchObject({ statusCode: 200, headers: { 'cache-control': 'no-store' } });
    expect(place).toMatchObject({ id: 2950159, name: 'Spree-Athen', population: 4_000_000, country: 'DE' });
    expect(aws.events.map(({ DetailType, Detail }) => [DetailType, JSON.parse(Detail)])).toEqual([['OutboxKicked', { purgeId }]]);
    expect(JSON.parse((await get(`/purges/${purgeId}`)).body)).toMatchObject({
      purgeId,
      tags: ['place:2950159', 'country:de'],
      steps: [],
    });

    aws.events.length = 0;
    expect(await relay.invoke({})).toEqual({ sent: 1, failed: 0 });
    expect(aws.events.map(({ DetailType, Detail }) => [DetailType, JSON.parse(Detail)])).toEqual([
      [
        'PurgeRequested',
        { purgeId, tags: ['place:2950159', 'country:de'], mode: 'delete', version: expect.stringMatching(/^[0-9A-F]{24}$/) },
      ],
    ]);
    expect(JSON.parse((await get(`/purges/${purgeId}`)).body).steps).toMatchObject([{ step: 'event' }]);
  });

  test('changes only what is named', async () => {
    const change = JSON.parse((await patch('/places/2911298', { population: 0 })).body);
    expect(change).toMatchObject({ name: 'Hamburg', population: 0 });
  });

  test('moves a place, also where nobody can be told of its cells', async () => {
    const location = { latitude: 0.25, longitude: -30.5 };
    const { purgeId, ...moved } = JSON.parse((await patch('/places/2825297', { location })).body);
    expect(purgeId).toEqual(expect.any(String));
    expect(Object.keys(moved).sort()).toEqual(Object.keys(JSON.parse((await get('/places/2911298')).body)).sort());
    expect(moved).toMatchObject({ name: 'Stuttgart', location });
    // What is at a place comes from the primary; the place itself may come from a replica.
    await waitFor('the place where it is now', async () => {
      const { places } = JSON.parse((await get('/places/nearby', { lat: '0.2', lon: '-30.5' })).body);
      expect(places).toMatchObject([{ name: 'Stuttgart', distanceKm: expect.closeTo(5.56, 2) }]);
      return places[0].location.latitude === location.latitude;
    });
  });

  test.each([
    ['nothing', {}, 'at least one of'],
    ['a location without a longitude', { location: { latitude: 1 } }, "'location' must be a latitude"],
    ['a location beyond the pole', { location: { latitude: 91, longitude: 0 } }, "'location' must be a latitude"],
    ['the second name of the antimeridian', { location: { latitude: 1, longitude: 180 } }, 'a longitude from -180 to below 180'],
    ['an unknown field', { name: 'x', mayor: 'y' }, "unknown field 'mayor'"],
    ['a name that is a number', { name: 5 }, "'name' must be a text"],
    ['an empty name', { name: ' ' }, "'name' must be a text"],
    ['a name with NUL', { name: 'a\0b' }, "'name' must be a text"],
    ['a name that is half a character', { name: '\ud800' }, "'name' must be a text"],
    ['null', { name: null }, "'name' must be a text"],
    ['a name that is too long', { name: 'x'.repeat(201) }, "'name' must be a text"],
    ['a negative population', { population: -1 }, "'population' must be a whole number"],
    ['a fraction', { population: 1.5 }, "'population' must be a whole number"],
    ['a population as text', { population: '5' }, "'population' must be a whole number"],
    ['a population beyond the column', { population: 2 ** 31 }, "'population' must be a whole number"],
    ['a list', [], 'the body must be a JSON object'],
    ['something else than JSON', '{', 'the body must be JSON'],
    ['no body', '', 'the body must be JSON'],
  ])('refuses %s and changes nothing', async (_name, body, detail) => {
    const before = await postgres.administrator.query(
      'SELECT (SELECT count(*) FROM cachement.outbox), p FROM places AS p WHERE id = 2867714',
    );
    expect(await patch('/places/2867714', body)).toEqual(problem(400, detail));
    const after = await postgres.administrator.query(
      'SELECT (SELECT count(*) FROM cachement.outbox), p FROM places AS p WHERE id = 2867714',
    );
    expect(after.rows).toEqual(before.rows);
  });

  test('refuses a body over 64 KiB, a place that is not there, and other methods', async () => {
    expect(await patch('/places/2867714', { name: 'x'.repeat(65_536) })).toEqual(problem(413, 'at most 65536 bytes'));
    expect(await patch('/places/1', { population: 5 })).toEqual(problem(404, 'there is no place with id 1'));
    expect(await patch('/places/x', { population: 5 })).toEqual(problem(400, "'id' must be a whole number"));
    expect((await patch('/places/1', {}, 'POST')).headers.allow).toBe('PATCH');
  });
});

describe('without a standby', () => {
  test('reads go to the primary, and health says so', async () => {
    await postgres.engines.kill(STANDBY);
    expect((await get('/places/2867714')).statusCode).toBe(200);
    const health = JSON.parse((await get('/health')).body);
    expect(health).toMatchObject({ status: 'degraded', database: { primary: { status: 'ok' }, replicas: [{ status: 'down' }] } });
  });
});

test('no log line has a password', () => {
  for (const { output } of functions) expect(output).not.toContain('a-password-of');
});
