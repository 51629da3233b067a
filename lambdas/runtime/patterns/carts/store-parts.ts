import type { Cache } from '../../cache';
import type { ReadPathParts } from '../../read-path-parts';
import type { PatternMeter } from '../meter';
import { type CartLines, type CartState, type Content, nextVersion } from './cart-state';
import type { CartClient, CartTable } from './cart-table';

/** What a store of carts is made of. */
export interface StoreParts<T extends CartLines, Handle extends CartClient, Client extends CartClient> {
  readonly cache: Cache<Handle>;
  readonly name: string;
  readonly keepSeconds: number;
  readonly table: CartTable<T>;
  readonly empty: T;
  readonly transaction: <R>(work: (client: Client) => Promise<R>) => Promise<R>;
  readonly meter: PatternMeter | undefined;
}

/** Content with the version that follows. */
export function following<T>(
  { cache }: { readonly cache: { readonly internals: { readonly read: Pick<ReadPathParts<never>, 'now' | 'random'> } } },
  before: number,
  { cart, notes }: Content<T>,
): CartState<T> {
  const { now, random } = cache.internals.read;
  return { version: nextVersion(before, now(), random), cart, notes };
}
