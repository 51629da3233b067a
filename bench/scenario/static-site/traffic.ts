import { type Random, seeded } from '../../consistency/random';
import { shuffled, Zipf } from '../../support/zipf';
import type { Traffic, TrafficMaker, TrafficRequest } from '../traffic';

/** Argument of {@link views}. */
export interface ViewsArgs {
  readonly edge: string;
  /** Edge without a cache, and of which of its requests: one in so many. */
  readonly uncached?: { readonly edge: string; readonly every: number };
  /** Paths of pages, in no order. */
  readonly pages: readonly string[];
  /** Seed of which pages are popular. */
  readonly popularity: number;
  /** Assets of older pages, which somebody may still have open. @default - none */
  readonly older?: readonly string[];
}

/** Share of requests for something that a page needs, and among these of what an older page needs. */
const ASSETS = 0.5;
const OLDER = 0.1;

const REFERENCE = /(?:href|src)="(\/static\/[^"]+)"/g;

/** Viewers of pages by Zipf, and of what the pages that they got refer to. */
export const views: TrafficMaker<ViewsArgs> = ({ edge, uncached, pages, popularity, older = [] }, random) => {
  const ranks = new Zipf(pages.length);
  const order = shuffled(pages.length, seeded(popularity));
  const assetsOf = new Map<string, string[]>();
  const assets = new Set<string>();
  const missing: string[] = [];
  const pick = (): { path: string; kind: string } => {
    const page = pages[order[ranks.next(random) - 1]! - 1]!;
    const [isAsset, isOlder, which] = [random.chance(ASSETS), random.chance(OLDER), random.next()];
    if (!isAsset) return { path: page, kind: 'page' };
    if (isOlder && older.length > 0) return { path: older[Math.floor(which * older.length)]!, kind: 'asset' };
    const own = assetsOf.get(page);
    return own ? { path: own[Math.floor(which * own.length)]!, kind: 'asset' } : { path: page, kind: 'page' };
  };
  const answered = ({ path, kind }: { path: string; kind: string }): TrafficRequest['answered'] =>
    kind === 'page'
      ? ({ status, body }) => {
          if (status !== 200) return;
          const own = [...body.matchAll(REFERENCE)].map(([, asset]) => asset!);
          assetsOf.set(path, own);
          for (const asset of own) assets.add(asset);
        }
      : ({ status }) => {
          if (status === 404 || status === 403) missing.push(path);
        };
  let previous: { path: string; kind: string } | undefined;
  return {
    request(index) {
      // The same request once more, where nothing is kept.
      if (uncached && previous && index % uncached.every === 0) {
        return { kind: 'uncached', url: `${uncached.edge}${previous.path}` };
      }
      previous = pick();
      return { kind: previous.kind, url: `${edge}${previous.path}`, answered: answered(previous) };
    },
    figures: () => ({ assets: [...assets], missing }),
  };
};

/** Argument of {@link beyondOrigin}. */
export interface BeyondOriginArgs {
  readonly edge: string;
  readonly paths: readonly string[];
  /** Those of them that the edge has. */
  readonly held: readonly string[];
  readonly popularity: number;
}

/** Viewers while the origin is dead; what the edge has never had is counted apart. */
export const beyondOrigin: TrafficMaker<BeyondOriginArgs> = ({ edge, paths, held, popularity }, random: Random): Traffic => {
  const ranks = new Zipf(paths.length);
  const order = shuffled(paths.length, seeded(popularity));
  const known = new Set(held);
  return {
    request() {
      const path = paths[order[ranks.next(random) - 1]! - 1]!;
      return { kind: known.has(path) ? 'held' : 'unseen', url: `${edge}${path}` };
    },
  };
};
