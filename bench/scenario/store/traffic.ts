import { type Random, seeded } from '../../consistency/random';
import { Zipf } from '../../support/zipf';
import type { TrafficMaker, TrafficRequest } from '../traffic';

/** Argument of {@link catalogue} and {@link sale}. */
export interface CatalogueArgs {
  readonly edge: string;
  /** Ids, the most popular one first. */
  readonly popular: readonly number[];
  /** Share of requests that change a price. */
  readonly writes: number;
}

const page = (edge: string, id: number): string => `${edge}/pages/products/${id}`;

function price(edge: string, id: number, random: Random): TrafficRequest {
  const priceCents = 100 + Math.floor(random.next() * 30_000);
  return { kind: 'write', method: 'PUT', url: `${edge}/products/${id}`, body: { priceCents } };
}

/** The sequence of the catalogue: ids, and whether each is written, as a seed repeats it. */
export function* sequence(
  popular: readonly number[],
  writes: number,
  random: Random,
): Generator<{ id: number; isWrite: boolean }> {
  const ranks = new Zipf(popular.length);
  for (;;) yield { id: popular[ranks.next(random) - 1]!, isWrite: random.chance(writes) };
}

/**
 * Loads that no cache can do without: the first read of each product, and the first one after each of its changes.
 *
 * @param count requests of the sequence.
 */
export function idealLoads(popular: readonly number[], writes: number, count: number, random: Random) {
  const known = new Set<number>();
  let [reads, loads, changes] = [0, 0, 0];
  const all = sequence(popular, writes, random);
  for (let index = 0; index < count; index++) {
    const { id, isWrite } = all.next().value!;
    if (isWrite) {
      known.delete(id);
      changes++;
    } else {
      reads++;
      if (!known.has(id)) loads++;
      known.add(id);
    }
  }
  return { reads, loads, changes };
}

/** Reads of pages and changes of prices, both by the same Zipf. */
export const catalogue: TrafficMaker<CatalogueArgs> = ({ edge, popular, writes }, random) => {
  // Prices are by numbers of their own, so that the sequence is that of `idealLoads`.
  const prices = seeded(popular.length);
  const all = sequence(popular, writes, random);
  const written = new Set<number>();
  return {
    request() {
      const { id, isWrite } = all.next().value!;
      if (!isWrite) return { kind: 'product', url: page(edge, id) };
      written.add(id);
      return price(edge, id, prices);
    },
    figures: () => [...written],
  };
};

/** Argument of {@link pairs}. */
export interface PairsArgs {
  readonly edge: string;
  /** Edge of the same shop without a cache. */
  readonly uncached: string;
  readonly popular: readonly number[];
}

/** Each read twice: where everything is kept, and where nothing is. */
export const pairs: TrafficMaker<PairsArgs> = ({ edge, uncached, popular }, random) => {
  const all = sequence(popular, 0, random);
  let id = 0;
  return {
    request(index) {
      if (index % 2 === 1) return { kind: 'uncached', url: page(uncached, id) };
      id = all.next().value!.id;
      return { kind: 'product', url: page(edge, id) };
    },
  };
};

/** Argument of {@link shopping}. */
export interface ShoppingArgs extends Pick<CatalogueArgs, 'edge' | 'popular'> {
  readonly categories: readonly string[];
  /** What is searched for, the most popular one first. */
  readonly queries: readonly string[];
  /** Values of the header `Cookie` of those who are signed in. */
  readonly cookies: readonly string[];
  /** Guests who have carts, besides those who are signed in. */
  readonly guests: number;
  /** Names the orders of this run. */
  readonly run: string;
}

/** Shares of the use cases, of a hundred. */
const MIX: readonly (readonly [kind: string, share: number])[] = [
  ['product', 70],
  ['category', 10],
  ['search', 8],
  ['cart', 5],
  ['session', 4],
  ['recommendation', 2],
  ['order', 1],
];

/** People in a shop. */
export const shopping: TrafficMaker<ShoppingArgs> = (args, random) => {
  const { edge, popular, categories, queries, cookies, guests, run } = args;
  const cookieOfCart = () =>
    random.chance(0.5) ? random.pick(cookies) : `__Host-cart=${String(Math.floor(random.between(0, guests))).padStart(22, 'g')}`;
  const [products, kinds, searches] = [new Zipf(popular.length), new Zipf(categories.length), new Zipf(queries.length)];
  return {
    request(index) {
      const kind = pick(random);
      const id = popular[products.next(random) - 1]!;
      switch (kind) {
        case 'category':
          return { kind, url: `${edge}/products?category=${categories[kinds.next(random) - 1]}` };
        case 'search':
          return { kind, url: `${edge}/search?q=${encodeURIComponent(queries[searches.next(random) - 1]!)}` };
        case 'cart': {
          const shown = { kind, url: `${edge}/cart`, headers: { cookie: cookieOfCart() } };
          return random.chance(0.5)
            ? shown
            : { ...shown, method: 'POST', body: `productId=${id}&quantity=${Math.floor(random.between(0, 4))}` };
        }
        case 'session':
          return { kind, url: `${edge}/auth/me`, headers: { cookie: random.pick(cookies) } };
        case 'recommendation':
          return { kind, url: `${edge}/trending` };
        case 'order':
          return {
            kind,
            method: 'POST',
            url: `${edge}/orders`,
            body: { holdId: `${run}-${index}`, productId: id, quantity: 1 },
            expected: [409],
          };
        default:
          return { kind, url: page(edge, id) };
      }
    },
  };
};

function pick(random: Random): string {
  let at = random.next() * 100;
  for (const [kind, share] of MIX) {
    at -= share;
    if (at < 0) return kind;
  }
  return 'product';
}

/** Argument of {@link sale}. */
export interface SaleArgs extends CatalogueArgs {
  /** What is bought, the name of the orders, and one request in so many that is one. */
  readonly sale: { readonly name: string; readonly productId: number; readonly every: number; readonly buyers: number };
}

/** Reads and changes as in the catalogue, and buyers of one product, each of whom asks once. */
export const sale: TrafficMaker<SaleArgs> = (args, random) => {
  const others = catalogue(args, random);
  const { name, productId, every, buyers } = args.sale;
  let buyer = 0;
  return {
    request(index) {
      if (index % every !== 0 || buyer >= buyers) return others.request(index);
      const body = { holdId: `${name}-${++buyer}`, productId, quantity: 1 };
      return { kind: 'buyer', method: 'POST', url: `${args.edge}/orders`, body, expected: [409] };
    },
    figures: () => others.figures?.(),
  };
};
