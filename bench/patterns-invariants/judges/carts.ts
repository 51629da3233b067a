import type { Judge } from '../judge';

const USERS = Array.from({ length: 12 }, (_, i) => `user-${i}`);

interface Row {
  readonly id: string;
  readonly cart: { readonly lines: readonly string[] };
  readonly notes: {
    readonly parcel?: { readonly cart: { readonly lines: readonly string[] } };
  };
}

/** Lines that were acknowledged and are in no cart and no order, and lines that are somewhere twice. */
export const carts: Judge = {
  game: 'carts',
  invariants: ['cartLinesLost', 'cartLinesDoubled'],
  keys: (namespace) => USERS.map((user) => `${namespace}:v:{cart/1/${user}}`),
  async prepare({ sql, roles, database }) {
    await sql(
      roles.primary,
      `DROP TABLE IF EXISTS cart, cart_order;
       CREATE TABLE cart (id text PRIMARY KEY, version bigint NOT NULL, cart jsonb NOT NULL, notes jsonb NOT NULL,
         changed_at timestamptz NOT NULL DEFAULT now());
       CREATE TABLE cart_order (cart text NOT NULL, lines jsonb NOT NULL);
       GRANT ALL ON cart, cart_order TO ${database.username}`,
    );
  },
  async judge({ notes, failovers, testbed }) {
    const rows = await testbed.sql<Row>(testbed.roles.primary, 'SELECT id, cart, notes FROM cart');
    const orders = await testbed.sql<{ lines: string[] }>(testbed.roles.primary, 'SELECT lines FROM cart_order');
    const found = new Map<string, number>();
    const count = (lines: readonly string[]) => {
      for (const line of lines) found.set(line, (found.get(line) ?? 0) + 1);
    };
    for (const { cart } of rows) count(cart.lines);
    for (const { lines } of orders) count(lines);
    // A parcel whose process died on the way is still to be delivered, or was and is still to be dropped: the next merge knows.
    for (const { notes } of rows) count(notes.parcel?.cart.lines.filter((line) => !found.has(line)) ?? []);
    const added = notes.filter(({ kind, data }) => kind === 'added' && (!failovers || data.replicated));
    return {
      cartLinesLost: added.filter(({ data }) => !found.has(data.line)).length,
      cartLinesDoubled: [...found.values()].filter((times) => times > 1).length,
    };
  },
  /** Longest time for which a change that was acknowledged wasn't in the database: what the death of both servers loses. */
  measure({ notes }) {
    const flushed = new Map<string, { readonly version: number; readonly at: number }[]>();
    for (const { kind, ended, data } of notes) {
      if (kind !== 'flushed') continue;
      for (const [id, version] of data.carts as [string, number][]) {
        flushed.set(id, [...(flushed.get(id) ?? []), { version, at: ended }]);
      }
    }
    const waits = notes
      .filter(({ kind }) => kind === 'added')
      .flatMap(({ ended, data }) => {
        const times = (flushed.get(data.id) ?? []).filter(({ version }) => version >= data.version).map(({ at }) => at);
        return times.length > 0 ? [Math.max(0, Math.min(...times) - ended)] : [];
      })
      .sort((a, b) => a - b);
    const at = (share: number) => Math.round((waits[Math.floor(share * (waits.length - 1))] ?? 0) / 1000);
    return { cartLossWindowMs: at(1), cartLossWindowMedianMs: at(0.5) };
  },
};
