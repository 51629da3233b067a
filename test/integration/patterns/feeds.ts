import { type FeedItem, Feeds, type FeedsOptions } from '../../../lambdas/runtime/patterns/feeds';
import type { PatternCluster } from './cluster';

/** What the application's tables have. */
class Tables {
  readonly posts = new Map<string, { readonly author: string; readonly at: number }>();
  readonly follows = new Map<string, Set<string>>();
  readonly pulled = new Set<string>();
  loads = 0;
  /** Called in the middle of a load, when it has read. */
  during: () => unknown = () => new Promise((resolve) => setImmediate(resolve));

  follow(user: string, author: string): void {
    this.follows.set(user, (this.follows.get(user) ?? new Set()).add(author));
  }

  /** A feed, by the definition. */
  feed(user: string): string[] {
    const follows = this.follows.get(user);
    return [...this.posts]
      .filter(([, { author }]) => follows?.has(author))
      .map(([id, { at }]) => ({ id, at }))
      .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
      .map(({ id }) => id);
  }

  readonly rebuild: FeedsOptions['rebuild'] = async (user, { limit, before }) => {
    this.loads++;
    const items = this.feed(user).map((id) => ({ id, at: this.posts.get(id)!.at }));
    const from = before ? items.findIndex(({ id, at }) => at < before.at || (at === before.at && id < before.id)) : 0;
    const pulled = [...(this.follows.get(user) ?? [])].filter((author) => this.pulled.has(author));
    await this.during();
    return { items: from < 0 ? [] : items.slice(from, from + limit), pulled };
  };

  readonly followers: FeedsOptions['followers'] = async (author, { after = '', limit }) => {
    const all = [...this.follows].filter(([user, authors]) => authors.has(author) && user > after).map(([user]) => user);
    return all.sort().slice(0, limit);
  };

  readonly latest = async (authors: readonly string[]): Promise<FeedItem[]> =>
    [...this.posts].filter(([, { author }]) => authors.includes(author)).map(([id, { at }]) => ({ id, at }));
}

export function cases(shared: () => PatternCluster): void {
  const namespace = 'feeds';
  const feeds = (name: string, tables: Tables, options: Partial<FeedsOptions> = {}) =>
    new Feeds({
      connection: shared().connection({ namespace }),
      name,
      rebuild: tables.rebuild,
      followers: tables.followers,
      latest: tables.latest,
      isPulled: async (author) => tables.pulled.has(author),
      ...options,
    });
  const key = (name: string, user: string) => `${namespace}:fe:${name}:{${user}}`;

  async function all(of: Feeds, user: string, limit = 7): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await of.read(user, { cursor, limit });
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
    }
    return ids;
  }

  test('after posts, follows, unfollows and reads of many processes at once each feed is what the tables say', async () => {
    const tables = new Tables();
    tables.pulled.add('author-0');
    const processes = [0, 1, 2].map(() => feeds('model', tables, { maxItems: 20, batch: 3 }));
    let state = 5;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const now = Date.now();
    const users = Array.from({ length: 8 }, (_, i) => `user-${i}`);
    for (const user of users) for (let i = 0; i < 3; i++) tables.follow(user, `author-${random(5)}`);
    const steps = Array.from({ length: 300 }, (_, n) => async () => {
      const of = processes[n % 3]!;
      const [user, authorId] = [users[random(8)]!, `author-${random(5)}`];
      const kind = random(10);
      if (kind < 3) {
        const post = { postId: `post-${n}`, authorId, at: now + random(40) };
        tables.posts.set(post.postId, { author: authorId, at: post.at });
        await of.publish(post);
        // A queue gives a message again.
        if (kind === 0) await of.publish(post);
      } else if (kind === 3) {
        const follows = tables.follows.get(user)!;
        if (follows.has(authorId)) follows.delete(authorId);
        else follows.add(authorId);
        await of.forget(user);
      } else await of.read(user);
    });
    // Several at a time, in no order but that each begins in its turn.
    const workers = Array.from({ length: 12 }, async () => {
      for (let step = steps.shift(); step; step = steps.shift()) await step();
    });
    await Promise.all(workers);
    for (const user of users) {
      for (const of of processes) expect([user, await all(of, user)]).toEqual([user, tables.feed(user)]);
    }
    expect(tables.posts.size).toBeGreaterThan(60);
  });

  test.each([
    [true, ['new', 'old']],
    [false, ['old']],
  ])('what is posted during a load is in the feed; with the fence %p it is %j', async (fenced, expected) => {
    const tables = new Tables();
    const of = feeds(`fenced-${fenced}`, tables, { fenced });
    tables.follow('ada', 'grace');
    tables.posts.set('old', { author: 'grace', at: 1 });
    let once = true;
    tables.during = async () => {
      if (!once) return;
      once = false;
      tables.posts.set('new', { author: 'grace', at: 2 });
      await of.publish({ postId: 'new', authorId: 'grace', at: 2 });
    };
    await of.read('ada');
    expect(await all(of, 'ada')).toEqual(expected);
  });

  test('a push to someone who has unfollowed meanwhile changes nothing', async () => {
    const tables = new Tables();
    tables.follow('ada', 'grace');
    const own = feeds('unfollowed', tables, {
      followers: async (author, options) => {
        const found = await tables.followers(author, options);
        tables.follows.get('ada')!.delete('grace');
        await own.forget('ada');
        await own.read('ada');
        return found;
      },
    });
    tables.posts.set('p', { author: 'grace', at: 1 });
    await own.publish({ postId: 'p', authorId: 'grace', at: 1 });
    expect(await all(own, 'ada')).toEqual([]);
  });

  test("an empty feed isn't rebuilt for every reader, and one that everybody asks for is loaded once", async () => {
    const tables = new Tables();
    const processes = [0, 1, 2].map(() => feeds('empty', tables));
    await Promise.all(Array.from({ length: 30 }, (_, i) => processes[i % 3]!.read('ada')));
    expect(await processes[0]!.read('ada')).toEqual({ items: [] });
    expect(tables.loads).toBe(1);
  });

  test("pages don't repeat or leave out posts while others arrive, and go on in the database behind what is kept", async () => {
    const tables = new Tables();
    const of = feeds('pages', tables, { maxItems: 10 });
    tables.follow('ada', 'grace');
    const post = async (n: number, at: number) => {
      const id = `p${String(n).padStart(2, '0')}`;
      tables.posts.set(id, { author: 'grace', at });
      await of.publish({ postId: id, authorId: 'grace', at });
    };
    for (let n = 0; n < 25; n++) await post(n, 100 + Math.floor(n / 4));
    const before = tables.feed('ada');
    const seen: string[] = [];
    for (let cursor: string | undefined, n = 50; n === 50 || cursor; n++) {
      const page = await of.read('ada', { cursor, limit: 4 });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.cursor;
      await post(n, 1000 + n);
    }
    expect(seen).toEqual(before);
    expect(await shared().client().zcount(key('pages', 'ada'), 0, '+inf')).toBe(10);
  });

  test("a celebrity's post writes to nobody's feed, and everybody sees it; who becomes one is pulled from then on", async () => {
    const tables = new Tables();
    const of = feeds('celebrity', tables, { batch: 2 });
    for (const user of ['ada', 'bob', 'cy']) tables.follow(user, 'star');
    const post = (postId: string, at: number) => {
      tables.posts.set(postId, { author: 'star', at });
      return of.publish({ postId, authorId: 'star', at });
    };
    await Promise.all(['ada', 'bob', 'cy'].map((user) => of.read(user)));
    expect(await post('a', 1)).toMatchObject({ feeds: 3 });
    tables.pulled.add('star');
    const first = await of.forgetFollowersOf('star', { batches: 1 });
    expect(first).toMatchObject({ feeds: 2, next: 'bob' });
    expect(await of.forgetFollowersOf('star', { after: first.next! })).toMatchObject({ feeds: 1 });
    await of.read('ada');
    expect(await post('b', 2)).toEqual({ feeds: 0, replicated: true });
    for (const user of ['ada', 'bob', 'cy']) expect(await all(of, user)).toEqual(['b', 'a']);
  });

  test('a load that fails is told to its reader, and leaves no lease behind', async () => {
    const tables = new Tables();
    const of = feeds('failing', tables, { leaseMs: 60_000 });
    tables.during = () => Promise.reject(new Error('no database'));
    await expect(of.read('ada')).rejects.toThrow('no database');
    tables.during = () => undefined;
    expect(await of.read('ada')).toEqual({ items: [] });
    await expect(of.read('ada', { cursor: 'x' })).rejects.toThrow(/'cursor' must be that of a page/);
  });

  test('no key is without an end', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
