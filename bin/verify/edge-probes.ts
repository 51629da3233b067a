import { randomUUID } from 'node:crypto';
import { type Probe, TooLate } from './probe';
import { pause, type Step, type Target } from './target';

const yes = (condition: boolean): string => (condition ? 'yes' : 'no');

/** Time for which the first answer of a script is served, in milliseconds: longer than a request takes on a slow line. */
const FIRST_MS = 4000;

const kept = (seconds: number, more: Partial<Step> = {}): Step => ({
  ...more,
  headers: { 'cache-control': `max-age=${seconds}`, ...more.headers },
});

/** Requests once while the first answer is served, and returns the key for requests after it. */
async function afterFirst(target: Target, first: Step, ...then: Step[]) {
  const key = target.edge([{ ...first, until: Date.now() + FIRST_MS }, ...then]);
  const before = await key.get();
  if (before.status !== 200) throw new TooLate(`the first answer is ${before.status}`);
  await pause(FIRST_MS + 500);
  return { key, before };
}

/** Probes of the edge's caching, revalidation and expiry. */
const FRESHNESS: readonly Probe<Target>[] = [
  {
    id: 'edge/max-age-0-kept',
    question: 'Is an object with `max-age=0` kept, and served when the origin fails?',
    does: 'has an answer with max-age=0, then lets the origin answer 503',
    assumed: 'yes',
    run: async (target) => {
      const { key, before } = await afterFirst(target, kept(0, { etag: '"a"' }), { status: 503 });
      return yes((await key.get()).served === before.served);
    },
  },
  {
    id: 'edge/no-cache-kept',
    question: 'Is `no-cache` with a minimum TTL of 0 kept for revalidation?',
    does: 'has an answer with no-cache and an ETag twice',
    assumed: 'no',
    run: async (target) => {
      const key = target.edge([{ etag: '"a"', headers: { 'cache-control': 'no-cache' } }]);
      const [first, second] = [await key.get(), await key.get()];
      return yes(first.served === second.served);
    },
  },
  {
    id: 'edge/age-after-304',
    question: 'Does `Age` start anew when a 304 makes an object fresh?',
    does: 'lets an object of 5 s grow stale, has it revalidated, and reads the Age of the hit after',
    assumed: 'yes',
    run: async (target) => {
      const key = target.edge([kept(5, { etag: '"a"' })]);
      const first = await key.get();
      await pause(6000);
      const revalidated = await key.get();
      if (revalidated.served !== first.served) throw new Error('the object was not revalidated');
      return yes(Number((await key.get()).headers.age ?? 0) < 5);
    },
  },
  {
    id: 'edge/stale-if-error-asks-again',
    question: 'After a `stale-if-error` answer, is the origin left alone?',
    does: 'lets the origin fail after 2 s, twice, and sees how long stale answers take',
    assumed: 'no',
    run: async (target) => {
      const first = kept(1, { headers: { 'cache-control': 'max-age=1, stale-if-error=600' } });
      const { key, before } = await afterFirst(target, first, { status: 503, delayMs: 2000 });
      const [one, two] = [await key.get(), await key.get()];
      if (one.served !== before.served || two.served !== before.served) throw new Error('no stale answer was given');
      return yes(two.milliseconds < 1500);
    },
  },
  {
    id: 'edge/x-cache-of-stale',
    question: '`X-Cache` of a stale answer in place of an error?',
    does: 'lets the origin fail, and reads the header of the stale answer',
    assumed: 'RefreshHit from cloudfront',
    run: async (target) => {
      const first = kept(1, { headers: { 'cache-control': 'max-age=1, stale-if-error=600' } });
      const { key, before } = await afterFirst(target, first, { status: 503 });
      const stale = await key.get();
      if (stale.served !== before.served) throw new Error('no stale answer was given');
      return String(stale.headers['x-cache']);
    },
  },
  {
    id: 'edge/404-ends-stale',
    question: "Does a cached 4xx end an expired object's life?",
    does: 'has an object, then a 404, then lets the origin fail',
    assumed: 'yes',
    run: async (target) => {
      const until = Date.now() + 2 * FIRST_MS;
      const { key } = await afterFirst(target, kept(1), { until, ...kept(0, { status: 404 }) }, { status: 503 });
      if ((await key.get()).status !== 404) throw new TooLate('the origin did not answer 404');
      // Longer than CloudFront keeps an error by itself.
      await pause(until - Date.now() + 11_000);
      return yes((await key.get()).status !== 200);
    },
  },
  {
    id: 'edge/no-store-drops',
    question: 'An answer of the origin that must not be stored: does the stored object go?',
    does: 'has an object, then an answer with no-store, then lets the origin fail',
    assumed: 'yes',
    run: async (target) => {
      const until = Date.now() + 2 * FIRST_MS;
      const noStore: Step = { until, headers: { 'cache-control': 'no-store' } };
      const { key, before } = await afterFirst(target, kept(1), noStore, { status: 503 });
      if ((await key.get()).headers['cache-control'] !== 'no-store') throw new TooLate('the origin did not answer with no-store');
      await pause(until - Date.now() + 500);
      return yes((await key.get()).served !== before.served);
    },
  },
  {
    id: 'edge/errors-without-max-age',
    question: 'Are 400, 403, 405, 412 and 415 cached without `max-age`?',
    does: 'has each of them twice, and names those that came from the cache',
    assumed: 'none',
    run: async (target) => {
      const cached: number[] = [];
      for (const status of [400, 403, 405, 412, 415]) {
        const key = target.edge([{ status }]);
        const [first, second] = [await key.get(), await key.get()];
        if (first.served === second.served) cached.push(status);
      }
      return cached.join(', ') || 'none';
    },
  },
  {
    id: 'edge/no-store-errors',
    question: 'Are errors with `no-store` cached?',
    does: 'has a 404 with no-store twice',
    assumed: 'yes',
    run: async (target) => {
      const key = target.edge([{ status: 404, headers: { 'cache-control': 'no-store' } }]);
      const [first, second] = [await key.get(), await key.get()];
      return yes(first.served === second.served);
    },
  },
  {
    id: 'edge/s-maxage-behind-gateway',
    question: 'Does the `s-maxage` clock start anew behind the stage cache?',
    does: 'lets an object of 3 s grow stale whose answer the stage cache still holds, and asks twice more',
    assumed: 'yes',
    lane: 'stage cache',
    run: async (target) => {
      const key = target.edge([{ headers: { 'cache-control': 's-maxage=3' } }], 'cached');
      const first = await key.get();
      await pause(4500);
      const second = await key.get();
      if (second.served !== first.served) throw new Error('the stage cache did not hold the answer');
      return yes(String((await key.get()).headers['x-cache']).startsWith('Hit'));
    },
  },
];

/** Probes of the requests that reach the origin, and of collapsing. */
const REQUESTS: readonly Probe<Target>[] = [
  {
    id: 'edge/forwards-cache-control',
    question: "Is the viewer's `Cache-Control` forwarded to the origin under a cache policy?",
    does: 'sends one, and reads what the origin received',
    assumed: 'yes',
    run: async (target) => {
      const { origin } = await target.edge([{}]).get({ headers: { 'cache-control': 'max-age=7' } });
      return yes(String(origin?.headers['cache-control']).includes('max-age=7'));
    },
  },
  {
    id: 'edge/forwards-unnamed-headers',
    question:
      "Are `Content-Type`, `Authorization` of writes, and `X-Forwarded-For` forwarded under policies that don't name them?",
    does: 'sends a PATCH with them, and reads what the origin received',
    assumed: 'content-type, authorization, x-forwarded-for',
    run: async (target) => {
      const headers = { 'content-type': 'text/probe', authorization: 'Bearer probe', 'content-length': '0' };
      const { origin, status } = await target.edge([{}]).get({ method: 'PATCH', headers });
      if (!origin) throw new Error(`PATCH was answered with ${status}`);
      const names = ['content-type', 'authorization', 'x-forwarded-for'];
      return names.filter((name) => origin.headers[name] !== undefined).join(', ') || 'none';
    },
  },
  {
    id: 'edge/forwards-conditions',
    question: 'Are conditions of a viewer (`If-None-Match`) forwarded on a miss?',
    does: 'sends one on a miss, and reads what the origin received',
    assumed: 'no',
    run: async (target) => {
      const { origin } = await target.edge([kept(60, { etag: '"a"' })]).get({ headers: { 'if-none-match': '"b"' } });
      return yes(origin?.headers['if-none-match'] !== undefined);
    },
  },
  {
    id: 'edge/head-miss',
    question: 'What is sent on a miss of a cached HEAD?',
    does: 'sends HEAD, then GET, and reads which method the object was made by',
    assumed: 'GET, whose object serves both',
    run: async (target) => {
      const key = target.edge([kept(60)]);
      await key.get({ method: 'HEAD' });
      const { headers, origin } = await key.get();
      const hit = String(headers['x-cache']).startsWith('Hit');
      return hit ? `${origin?.method}, whose object serves both` : 'HEAD';
    },
  },
  {
    id: 'edge/collapse',
    question: "`X-Cache` of a request that shared another's fetch?",
    does: 'sends five at once for an answer that takes 2 s',
    assumed: 'Hit from cloudfront, Miss from cloudfront',
    run: async (target) => {
      const answers = await target.edge([kept(60, { delayMs: 2000 })]).many(5);
      if (new Set(answers.map(({ served }) => served)).size > 1) return 'none shared';
      return [...new Set(answers.map(({ headers }) => String(headers['x-cache'])))].sort().join(', ');
    },
  },
  {
    id: 'edge/collapse-private',
    question: "Do requests that can't share a private answer wait for the first?",
    does: 'sends three at once for a private answer that takes 2 s, and compares when the origin got them',
    assumed: 'yes',
    run: async (target) => {
      const answers = await target.edge([{ delayMs: 2000, headers: { 'cache-control': 'private' } }]).many(3);
      const times = answers.map(({ origin }) => Number(origin.at)).sort((a, b) => a - b);
      return yes(times[1]! - times[0]! > 1500);
    },
  },
  {
    id: 'edge/collapse-max-age-0',
    question: 'Does CloudFront collapse requests whose response has `max-age=0` and a positive `s-maxage`?',
    does: 'sends five at once for such an answer that takes 2 s',
    assumed: 'no',
    run: async (target) => {
      const headers = { 'cache-control': 'max-age=0, s-maxage=60' };
      const answers = await target.edge([{ delayMs: 2000, headers }]).many(5);
      return yes(new Set(answers.map(({ served }) => served)).size === 1);
    },
  },
  {
    id: 'edge/set-cookie',
    question: 'Is `Set-Cookie` removed where no cookies are forwarded?',
    does: 'has the origin set a cookie',
    assumed: 'yes',
    run: async (target) =>
      yes((await target.edge([kept(60, { headers: { 'set-cookie': 'a=b' } })]).get()).headers['set-cookie'] === undefined),
  },
  {
    id: 'edge/path-spelling',
    question: 'Which spelling of a path is part of the key?',
    does: 'asks for one path in two spellings',
    assumed: "the viewer's",
    run: async (target) => {
      const name = randomUUID().slice(1);
      const steps = [kept(60)];
      const plain = await target.edge(steps, 'plain', `a${name}`).get();
      const escaped = await target.edge(steps, 'plain', `%61${name}`).get();
      return plain.served === escaped.served ? 'the normalised one' : "the viewer's";
    },
  },
  {
    id: 'edge/tag-header-shown',
    question: 'Is the tag header shown to viewers?',
    does: 'has an answer with a tag',
    assumed: 'yes',
    run: async (target) =>
      yes(
        (await target.edge([kept(60, { headers: { 'x-amz-meta-cache-tag': 'probe' } })]).get()).headers[
          'x-amz-meta-cache-tag'
        ] !== undefined,
      ),
  },
];

/** Cost of each probe of invalidations; the first thousand items of a month are free. */
const INVALIDATION_COST = 'one or two invalidated items';

const INVALIDATIONS: readonly Probe<Target>[] = [
  {
    id: 'edge/refill-during-invalidation',
    question: 'Is a fetch that began before an invalidation took effect stored after it?',
    does: 'asks for an answer that takes 12 s, invalidates its path meanwhile, and asks again',
    assumed: 'yes',
    changes: INVALIDATION_COST,
    run: async (target) => {
      const key = target.edge([kept(60, { delayMs: 12_000 })]);
      const first = key.get();
      await pause(500);
      await target.invalidate([`${key.bare}*`]);
      const { served } = await first;
      return yes((await key.get()).served === served);
    },
  },
  {
    id: 'edge/invalidation-query',
    question: 'Does an invalidation path without a query string drop variants that have one?',
    does: 'invalidates the bare path of an object whose key has a query string',
    assumed: 'no',
    changes: INVALIDATION_COST,
    run: async (target) => {
      const key = target.edge([kept(600)]);
      const { served } = await key.get();
      await target.invalidate([key.bare]);
      return yes((await key.get()).served !== served);
    },
  },
  {
    id: 'edge/tags-of-errors',
    question: 'Are tags of errors kept?',
    does: 'invalidates the tag of a 404 that is cached',
    assumed: 'yes',
    changes: INVALIDATION_COST,
    run: async (target) => {
      const tag = `probe-${randomUUID()}`;
      const key = target.edge([kept(600, { status: 404, headers: { 'x-amz-meta-cache-tag': tag } })]);
      const first = await key.get();
      if ((await key.get()).served !== first.served) throw new Error('the 404 was not cached');
      await target.invalidate([`#${tag}`]);
      return yes((await key.get()).served !== first.served);
    },
  },
  {
    id: 'edge/malformed-tag',
    question: 'What is a malformed tag in a response?',
    does: 'invalidates the good one of two tags, the other of which has 300 characters',
    assumed: 'it is left out, and the others count',
    changes: INVALIDATION_COST,
    run: async (target) => {
      const tag = `probe-${randomUUID()}`;
      const key = target.edge([kept(600, { headers: { 'x-amz-meta-cache-tag': `${'x'.repeat(300)},${tag}` } })]);
      const { served } = await key.get();
      await target.invalidate([`#${tag}`]);
      const gone = (await key.get()).served !== served;
      return gone ? 'it is left out, and the others count' : 'all tags of the response are left out';
    },
  },
  {
    id: 'edge/same-reference-other-order',
    question: 'Is a body with the same paths in another order the same body to `CallerReference`?',
    does: 'sends two paths under one reference, then the other way round',
    assumed: 'no: InvalidationBatchAlreadyExists',
    changes: INVALIDATION_COST,
    run: async (target) => {
      const reference = randomUUID();
      const paths = [`/plain/${reference}-a`, `/plain/${reference}-b`];
      await target.startInvalidation(paths, reference);
      return target.startInvalidation([...paths].reverse(), reference).then(
        () => 'yes',
        (error: Error) => `no: ${error.name}`,
      );
    },
  },
  {
    id: 'edge/same-reference-tags',
    question: 'Is a batch of tags, sent again under its `CallerReference`, the first one again?',
    does: 'invalidates a tag, fills again, and sends the same batch once more',
    assumed: 'yes: nothing is dropped by the second',
    changes: INVALIDATION_COST,
    run: async (target) => {
      const tag = `probe-${randomUUID()}`;
      const key = target.edge([kept(600, { headers: { 'x-amz-meta-cache-tag': tag } })]);
      await key.get();
      const first = await target.invalidate([`#${tag}`], tag);
      const { served } = await key.get();
      const second = await target.invalidate([`#${tag}`], tag);
      await pause(3000);
      const dropped = (await key.get()).served !== served;
      if (!dropped) return first === second ? 'yes: nothing is dropped by the second' : 'no: a second one, that drops nothing';
      return `${first === second ? 'yes' : 'no'}: the second drops too`;
    },
  },
];

/** Probes of CloudFront. */
export const EDGE_PROBES: readonly Probe<Target>[] = [...FRESHNESS, ...REQUESTS, ...INVALIDATIONS];
