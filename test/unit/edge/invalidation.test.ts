import { Invalidations, MAX_ITEMS_IN_PROGRESS, parseBatch } from '../../../local/edge/invalidation';
import { cloudfrontOperations } from '../../../local/edge/operations';
import type { Selector } from '../../../local/edge/store';
import { objectTags } from '../../../local/edge/stored-object';
import type { AwsError } from '../../../local/types';
import { ManualClock } from '../../support/manual-clock';

const batch = (reference: string, ...items: string[]) => ({
  CallerReference: reference,
  Paths: { Quantity: items.length, Items: items },
});

function code(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as AwsError).code;
  }
}

function invalidations(random = 0.5) {
  const clock = new ManualClock();
  const applied: Selector[] = [];
  const times = { effectiveMs: 1500, completedMs: 4000 };
  const under = new Invalidations({ times, clock, random: () => random, apply: (selector) => applied.push(selector) });
  return { clock, applied, under };
}

describe('an invalidation batch', () => {
  test.each<[string, string[], string | undefined]>([
    ['paths, a wildcard and a tag', ['/a', '/b?c=1', '/d/*', '/*', '#Tag:1'], undefined],
    ['no leading slash', ['a'], 'InvalidArgument'],
    ['a wildcard within', ['/a/*/b'], 'InvalidArgument'],
    ['a space', ['/a b'], 'InvalidArgument'],
    ['beyond ASCII', ['/ä'], 'InvalidArgument'],
    ['encoded', ['/%C3%A4'], undefined],
    ['4000 characters', [`/${'a'.repeat(3999)}`], undefined],
    ['4001 characters', [`/${'a'.repeat(4000)}`], 'InvalidArgument'],
    ['a tag of 256 characters', [`#${'a'.repeat(256)}`], undefined],
    ['a tag of 257 characters', [`#${'a'.repeat(257)}`], 'InvalidArgument'],
    ['an empty tag', ['#'], 'InvalidArgument'],
    ['a tag with a comma', ['#a,b'], 'InvalidArgument'],
    ['a tag with a wildcard', ['#a*'], 'InvalidArgument'],
    ['nothing', [], 'InvalidArgument'],
    ['more than fit', Array.from({ length: MAX_ITEMS_IN_PROGRESS + 1 }, (_, i) => `/${i}`), 'BatchTooLarge'],
  ])('with %s: %s', (_, items, expected) => {
    expect(code(() => parseBatch(batch('r', ...items)))).toBe(expected);
  });

  test('with a quantity that is not that of its items is refused', () => {
    expect(code(() => parseBatch({ CallerReference: 'r', Paths: { Quantity: 2, Items: ['/a'] } }))).toBe(
      'InconsistentQuantities',
    );
    expect(code(() => parseBatch(batch('', '/a')))).toBe('InvalidArgument');
  });

  test('is compared in the form of its objects: tags in lower case, paths normalised, wildcards as prefixes', () => {
    expect(parseBatch(batch('r', '/a/../b', '/c/*', '#A:B', '#a:b'))).toEqual({
      selector: { urls: new Set(['/b']), prefixes: ['/c/'], tags: new Set(['a:b']) },
      items: 3,
      wildcards: 1,
    });
  });
});

describe('an invalidation', () => {
  test('is neither effective nor completed at once', () => {
    const { clock, applied, under } = invalidations();
    const { Id, Status, CreateTime } = under.create(batch('r', '/a'));
    expect([Status, CreateTime]).toEqual(['InProgress', new Date(clock.now())]);
    clock.advance(1499);
    expect(applied).toEqual([]);
    clock.advance(1);
    expect(applied).toHaveLength(1);
    expect(under.get(Id).Status).toBe('InProgress');
    clock.advance(2500);
    expect(under.get(Id).Status).toBe('Completed');
    expect(clock.pending).toBe(0);
  });

  test('takes between half and one and a half times the median', () => {
    for (const [random, effectiveMs] of [
      [0, 750],
      [1, 2250],
    ] as const) {
      const { clock, applied, under } = invalidations(random);
      under.create(batch('r', '/a'));
      clock.advance(effectiveMs - 1);
      expect(applied).toHaveLength(0);
      clock.advance(1);
      expect(applied).toHaveLength(1);
    }
  });

  test('with an earlier caller reference and body is the earlier one, and with another body refused', () => {
    const { clock, applied, under } = invalidations();
    const first = under.create(batch('r', '/a', '#b'));
    clock.advance(10_000);
    expect(under.create(batch('r', '/a', '#b'))).toMatchObject({ Id: first.Id, Status: 'Completed' });
    expect(applied).toHaveLength(1);
    expect(under.stats().acceptedItems).toBe(2);
    expect(code(() => under.create(batch('r', '/a')))).toBe('InvalidationBatchAlreadyExists');
  });

  test('is refused while 3000 items or 15 wildcards are in progress, and accepted once they are completed', () => {
    const { clock, under } = invalidations();
    under.create(batch('items', ...Array.from({ length: 2999 }, (_, i) => `/${i}`)));
    under.create(batch('wildcards', ...Array.from({ length: 15 }, (_, i) => `/${i}/*`)));
    expect(code(() => under.create(batch('two', '/a', '#b')))).toBe('TooManyInvalidationsInProgress');
    expect(code(() => under.create(batch('wildcard', '/a*')))).toBe('TooManyInvalidationsInProgress');
    expect(code(() => under.create(batch('one', '#a')))).toBeUndefined();
    expect(under.stats()).toEqual({ inProgressMax: 3000, wildcardsMax: 15, acceptedItems: 3015 });
    clock.advance(4000);
    expect(code(() => under.create(batch('two', '/a', '#b')))).toBeUndefined();
    expect(code(() => under.create(batch('wildcard', '/a*')))).toBeUndefined();
  });

  test('that was refused may be repeated with the same caller reference', () => {
    const { clock, under } = invalidations();
    under.create(batch('full', ...Array.from({ length: 3000 }, (_, i) => `/${i}`)));
    expect(code(() => under.create(batch('r', '/a')))).toBe('TooManyInvalidationsInProgress');
    clock.advance(4000);
    expect(under.create(batch('r', '/a')).Status).toBe('InProgress');
  });

  test('does nothing after disposal', () => {
    const { clock, applied, under } = invalidations();
    under.create(batch('r', '/a'));
    under.dispose();
    clock.advance(10_000);
    expect(applied).toEqual([]);
  });
});

test.each<[string | undefined, string[]]>([
  [undefined, []],
  ['a', ['a']],
  ['Product:1, category:TV,', ['product:1', 'category:tv']],
  ['a, A', ['a']],
  [`${'x'.repeat(257)},ok`, ['ok']],
  ['with space,ok', ['ok']],
  [Array.from({ length: 60 }, (_, i) => `t${i}`).join(','), Array.from({ length: 50 }, (_, i) => `t${i}`)],
])('the tags of %s', (value, expected) => {
  expect(objectTags(value)).toEqual(expected);
});

describe('the API', () => {
  function api() {
    const { clock, under } = invalidations();
    const arn = 'arn:aws:cloudfront::000000000000:distribution/E1';
    const { cloudfront } = cloudfrontOperations(new Map([['E1', { arn, invalidations: under }]]), (id) => `arn:other/${id}`);
    // biome-ignore lint/suspicious/noExplicitAny: answers in the SDK's shape
    const call = (name: string, input: object): any => cloudfront?.[name]?.handle(input, {});
    return { clock, call, cloudfront };
  }

  test('creates, gets and lists, the latest first', () => {
    const { call } = api();
    const created = call('CreateInvalidation', { DistributionId: 'E1', InvalidationBatch: batch('r1', '/a') });
    const { Id } = created.Invalidation;
    expect(created.Location).toBe(`https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation/${Id}`);
    expect(call('GetInvalidation', { DistributionId: 'E1', Id })).toEqual({ Invalidation: created.Invalidation });
    const later = call('CreateInvalidation', { DistributionId: 'E1', InvalidationBatch: batch('r2', '/a') }).Invalidation;
    const page = call('ListInvalidations', { DistributionId: 'E1', MaxItems: '1' }).InvalidationList;
    expect(page).toMatchObject({ IsTruncated: true, Quantity: 1, NextMarker: later.Id, Items: [{ Id: later.Id }] });
    const next = call('ListInvalidations', { DistributionId: 'E1', MaxItems: 1, Marker: page.NextMarker }).InvalidationList;
    expect(next).toMatchObject({ IsTruncated: false, Items: [{ Id, Status: 'InProgress' }] });
  });

  test('does not know other distributions and invalidations', () => {
    const { call } = api();
    expect(code(() => call('GetInvalidation', { DistributionId: 'E2', Id: 'I' }))).toBe('NoSuchDistribution');
    expect(code(() => call('GetInvalidation', { DistributionId: 'E1', Id: 'I' }))).toBe('NoSuchInvalidation');
  });

  test('names the action and the ARN that a policy must allow', () => {
    const { cloudfront } = api();
    expect(cloudfront?.CreateInvalidation?.action).toBe('cloudfront:CreateInvalidation');
    expect(cloudfront?.CreateInvalidation?.resources({ DistributionId: 'E1' })).toEqual([
      'arn:aws:cloudfront::000000000000:distribution/E1',
    ]);
    expect(cloudfront?.GetInvalidation?.resources({ DistributionId: 'E2' })).toEqual(['arn:other/E2']);
  });
});
