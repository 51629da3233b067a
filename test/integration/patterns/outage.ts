import * as path from 'node:path';
import type { Pool } from 'pg';
import { Cache, type CacheError, RedisStore } from '../../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { patternNames } from '../../support/pattern-names';
import {
  type Outcome,
  onShard,
  operationsPool,
  PATTERN_OPERATIONS,
  type PatternOperation,
  WITHOUT_OPERATIONS,
} from '../../support/pattern-operations';
import { clientConfig } from '../../support/postgres';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

/** What happens to the tier, in this order, once for all patterns. */
const TROUBLES = ['full', 'readOnly', 'frozen', 'stopped', 'replaced'] as const;

type Trouble = (typeof TROUBLES)[number];
/** What operations came to, by their names. */
type Outcomes = Record<string, { readonly answers: unknown } | { readonly fails: Error }>;

/** A key of the shard that all operations are on. */
const KEY = `outage:test:{${onShard('key', (id) => `outage:test:{${id}}`)}}`;

/** What is said of an operation in each. */
const ASPECT = { full: 'unwritable', readOnly: 'unwritable', frozen: 'down', stopped: 'down' } as const;

export function cases(shared: () => PatternCluster): void {
  const operations = new Map<string, Readonly<Record<string, PatternOperation>>>();
  let pool: Pool;
  const seen = new Map<string, Partial<Record<Trouble, Outcomes>>>();

  beforeAll(async () => {
    const connection = shared().connection({ namespace: 'outage', budgetMs: 300, writeBudgetMs: 600 });
    pool = await operationsPool(clientConfig(await shared().postgres()));
    const source = new PostgresVersions({ writer: pool, readers: [] });
    const cache = new Cache<Handle>({ shared: new RedisStore(connection), source });
    for (const [name, open] of Object.entries(PATTERN_OPERATIONS)) {
      operations.set(name, await open({ connection, cache, pool }));
      seen.set(name, {});
    }
    // What is there now, replicas have as well.
    await shared().settled();
    await shared().withoutMemory(() => observe('full'));
    await shared().readOnly(() => observe('readOnly'));
    await shared().whileReplaced(KEY, {
      frozen: () => observe('frozen'),
      stopped: () => observe('stopped'),
      replaced,
    });
  }, 60_000);

  function outcomesOf(pattern: string, trouble: Trouble): Outcomes {
    const of = seen.get(pattern)!;
    of[trouble] ??= {};
    return of[trouble];
  }

  afterAll(() => pool.end());

  /** Calls everything at once. */
  async function observe(trouble: Trouble): Promise<void> {
    await each(async (pattern, name, operation) => {
      outcomesOf(pattern, trouble)[name] = await outcomeOf(operation.run());
    });
  }

  /** Waits until all that is kept is answered again. */
  async function replaced(): Promise<void> {
    await each(async (pattern, name, operation) => {
      if (!('kept' in operation)) return;
      const answered = async () => {
        const outcome = await outcomeOf(operation.run());
        outcomesOf(pattern, 'replaced')[name] = outcome;
        return 'answers' in outcome && isLike(outcome.answers, operation.kept);
      };
      // What it came to at last is what is looked at.
      await waitFor(`'${name}' of ${pattern}`, answered, { timeoutMs: 20_000 }).catch(() => {});
    });
  }

  async function each(work: (pattern: string, name: string, operation: PatternOperation) => Promise<void>): Promise<void> {
    await Promise.all(
      [...operations].flatMap(([pattern, all]) => Object.entries(all).map(([name, operation]) => work(pattern, name, operation))),
    );
  }

  test('every pattern says what becomes of its operations', () => {
    const folders = patternNames(path.resolve(__dirname, '../../..')).filter((name) => !WITHOUT_OPERATIONS.includes(name));
    expect(Object.keys(PATTERN_OPERATIONS)).toEqual(expect.arrayContaining(folders));
  });

  test.each(
    Object.keys(PATTERN_OPERATIONS),
  )('%s does what its page says, full, read-only, frozen, stopped and replaced', (name) => {
    const all = Object.entries(operations.get(name)!);
    const [is, must] = [{}, {}] as Record<string, unknown>[];
    for (const trouble of TROUBLES) {
      for (const [each, operation] of all) {
        const outcome = seen.get(name)![trouble]?.[each];
        const expected = trouble === 'replaced' ? { answers: operation.kept } : operation[ASPECT[trouble]];
        if (trouble === 'replaced' && !('kept' in operation)) continue;
        is![`${each}, ${trouble}`] = described(outcome, expected);
        must![`${each}, ${trouble}`] = expected;
      }
    }
    expect(is).toMatchObject(must!);
  });

  test('no key is without an end, but those of a queue', async () => {
    const keys = await shared().keysWithoutTtl('outage');
    expect(keys.filter((key) => !key.startsWith('outage:q:'))).toEqual([]);
  });
}

async function outcomeOf(operation: Promise<unknown>): Promise<Outcomes[string]> {
  try {
    return { answers: await operation };
  } catch (error) {
    return { fails: error as Error };
  }
}

/** An outcome in the words of what is expected of it. */
function described(outcome: Outcomes[string] | undefined, expected: Outcome): unknown {
  if (!outcome || 'answers' in outcome) return outcome;
  const { code, applied, message } = outcome.fails as CacheError;
  if (expected === 'fails') return expected;
  if (code !== 'E_SHARED_UNAVAILABLE') return message;
  // Who wasn't sure is told so by more than one: what was certainly not done is unavailable, too.
  return expected === 'unavailable' || applied !== 'no' ? 'unavailable' : 'refused';
}

function isLike(value: unknown, expected: unknown): boolean {
  try {
    expect({ value }).toMatchObject({ value: expected });
    return true;
  } catch {
    return false;
  }
}
