import { seeded } from '../../../bench/consistency/random';
import { popularityOf } from '../../../bench/scenario/store/data';
import { catalogue, idealLoads, pairs, sale, shopping } from '../../../bench/scenario/store/traffic';

const edge = 'http://edge';
const popular = popularityOf({ scale: 0.01, seed: 1 });

describe('what no cache can do without', () => {
  test('is the first read of each product, and the first one after each of its changes', () => {
    const everything = idealLoads(popular, 0, 100_000, seeded(1));
    expect(everything).toEqual({ reads: 100_000, loads: 200, changes: 0 });
    const changing = idealLoads(popular, 0.5, 100_000, seeded(1));
    expect(changing.reads + changing.changes).toBe(100_000);
    expect(changing.loads).toBeGreaterThan(changing.reads * 0.4);
    expect(changing.loads).toBeLessThanOrEqual(changing.changes + 200);
  });

  test('is that of the requests which are sent', () => {
    const count = 2000;
    const traffic = catalogue({ edge, popular, writes: 0.1 }, seeded(5));
    const known = new Set<string>();
    let loads = 0;
    for (let index = 0; index < count; index++) {
      const { kind, url } = traffic.request(index);
      const id = url.split('/').pop()!;
      if (kind === 'write') known.delete(id);
      else if (!known.has(id)) loads++;
      if (kind !== 'write') known.add(id);
    }
    expect(idealLoads(popular, 0.1, count, seeded(5)).loads).toBe(loads);
  });
});

test('each read is made twice, with a cache and without', () => {
  const traffic = pairs({ edge, uncached: 'http://uncached', popular }, seeded(1));
  for (let index = 0; index < 20; index += 2) {
    const [kept, other] = [traffic.request(index), traffic.request(index + 1)];
    expect([kept.kind, other.kind]).toEqual(['product', 'uncached']);
    expect(other.url).toBe(kept.url.replace(edge, 'http://uncached'));
  }
});

test('people shop in the shares that are said', () => {
  const args = { edge, popular, categories: ['a'], queries: ['lamp'], cookies: ['c=1'], guests: 9, run: 'x' };
  const traffic = shopping(args, seeded(1));
  const kinds = Array.from({ length: 20_000 }, (_, index) => traffic.request(index).kind);
  const share = (kind: string) => kinds.filter((each) => each === kind).length / kinds.length;
  expect(share('product')).toBeCloseTo(0.7, 1);
  expect(share('cart')).toBeCloseTo(0.05, 1);
  expect(share('session')).toBeCloseTo(0.04, 1);
  expect(share('order')).toBeCloseTo(0.01, 2);
});

test('as many buyers ask as there are, each once', () => {
  const args = { edge, popular, writes: 0, sale: { name: 'sale', productId: 201, every: 3, buyers: 10 } };
  const traffic = sale(args, seeded(1));
  const requests = Array.from({ length: 100 }, (_, index) => traffic.request(index));
  const buyers = requests.filter(({ kind }) => kind === 'buyer').map(({ body }) => (body as { holdId: string }).holdId);
  expect(new Set(buyers).size).toBe(10);
  expect(buyers).toHaveLength(10);
});
