import { Ticket } from '../../../lambdas/runtime/ticket';
import { version } from '../../contract/shared-store';
import { pausedLoader, platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

const policy = { freshness: { memoryTtlSeconds: 10, sharedTtlSeconds: 600 }, tags: ['user'] };

function two() {
  const all = platform();
  return { ...all, a: all.a.namespace('users', policy), b: all.b.namespace('users', policy) };
}

describe('a session with a ticket', () => {
  test('reads its own write, though no purge has reached any tier', async () => {
    const { source, a, b } = two();
    const load = async () => source.value;
    await a.getOrSet('1', load);
    await b.getOrSet('1', load);
    const ticket = Ticket.empty.with(a.entry('1'), source.write('v2'));
    expect(await b.getOrSet('1', load)).toBe('v1');
    expect(await b.getOrSet('1', load, { ticket })).toBe('v2');
    expect(await b.get('1', { ticket })).toBe('v2');
    expect(source.loads.at(-1)).toEqual({ minVersion: ticket.latest });
  });

  test('makes one load of it, on an idle primary too', async () => {
    const { source, a, b } = two();
    const load = async () => source.value;
    await a.getOrSet('1', load);
    const ticket = Ticket.empty.with(a.entry('1'), source.write('v2'));
    for (const each of [a, a, b, b]) expect(await each.getOrSet('1', load, { ticket })).toBe('v2');
    expect(source.loads).toHaveLength(2);
  });

  test('reads other keys as everybody does', async () => {
    const { source, a } = two();
    await a.getOrSet('2', async () => source.value);
    const ticket = Ticket.empty.with(a.entry('1'), source.write('v2'));
    expect((await a.read('2', async () => source.value, { ticket })).outcome.tier).toBe('memory');
  });

  test('reads what it purged by a tag', async () => {
    const { source, b } = two();
    await b.getOrSet('1', async () => source.value);
    const ticket = Ticket.empty.with({ tag: 'user' }, source.write('v2'));
    expect(await b.getOrSet('1', async () => source.value, { ticket })).toBe('v2');
    const other = Ticket.empty.with({ tag: 'other' }, version(1000));
    expect((await b.read('1', async () => source.value, { ticket: other })).outcome.status).toBe('hit');
  });

  test('does not take the result of a load that began before its write', async () => {
    const { clock, source, a } = two();
    const paused = pausedLoader(source);
    const slow = a.getOrSet('1', paused.loader);
    await paused.started;
    const ticket = Ticket.empty.with(a.entry('1'), source.write('v2'));
    const own = a.getOrSet('1', async () => source.value, { ticket });
    await settled();
    paused.letGo();
    expect(await slow).toBe('v1');
    // It waits for the lease that the first held.
    await clock.advance(100);
    expect(await own).toBe('v2');
  });

  test('is not answered by a replica that is behind it', async () => {
    const { source, a } = two();
    source.replica = { value: 'v1', lsn: 1 };
    const ticket = Ticket.empty.with(a.entry('1'), source.write('v2'));
    expect(await a.getOrSet('1', async () => source.value, { ticket })).toBe('v2');
  });

  test('of a forged version reads the primary, and leaves no entry that claims that version', async () => {
    const { source, a } = two();
    const ticket = Ticket.empty.with(a.entry('1'), 'F'.repeat(24));
    expect(await a.getOrSet('1', async () => source.value, { ticket })).toBe('v1');
    expect((await a.read('1', async () => source.value)).version).toBe(version(0));
  });
});

describe('a ticket', () => {
  test('is a short text, and is read back', () => {
    let ticket = Ticket.empty;
    for (let i = 0; i < 32; i++) ticket = ticket.with({ entryName: `k${i}` }, version(i));
    expect(ticket.encode()).toMatch(/^[\w.*-]{1,806}$/);
    const decoded = Ticket.decode(ticket.encode());
    for (let i = 0; i < 32; i++) expect(decoded?.versionFor(`k${i}`, [])).toBe(version(i));
    expect(decoded?.versionFor('k32', [])).toBeUndefined();
    expect(decoded?.latest).toBe(version(31));
  });

  test('beyond 32 writes is one version for all', () => {
    let ticket = Ticket.empty;
    for (let i = 0; i < 33; i++) ticket = ticket.with({ entryName: `k${i}` }, version(i));
    const decoded = Ticket.decode(ticket.encode());
    expect(decoded?.versionFor('anything', [])).toBe(version(32));
    expect(decoded?.with({ entryName: 'x' }, version(99)).versionFor('anything', [])).toBe(version(99));
  });

  test('keeps the later of two versions of a key', () => {
    const ticket = Ticket.empty.with({ entryName: 'k' }, version(9)).with({ entryName: 'k' }, version(3));
    expect(ticket.versionFor('k', [])).toBe(version(9));
  });

  test('of nothing asks nothing', () => {
    expect(Ticket.decode(Ticket.empty.encode())?.versionFor('k', ['t'])).toBeUndefined();
  });

  test.each([
    '',
    't2',
    't1.',
    't1.short',
    `t1.${'a'.repeat(25)}`,
    `t1${'.aaaaaaaabbbbbbbbbbbbbbbb'.repeat(100)}`,
    't1.*',
    '\u0000',
  ])('%j is not one', (text) => {
    expect(Ticket.decode(text)).toBeUndefined();
  });

  test('refuses what is not a version', () => {
    expect(() => Ticket.empty.with({ entryName: 'k' }, 'x')).toThrow("'version' must be 24 hex digits");
  });
});
