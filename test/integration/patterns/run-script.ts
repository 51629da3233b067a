import { atomicScript, readCommand, runReplicated, runScript } from '../../../lambdas/runtime/connection/run-script';
import { slotOf } from '../../../lambdas/runtime/shared/hash-slot';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

const COUNT = atomicScript("return redis.call('INCRBY', KEYS[1], ARGV[1])");
const READ = atomicScript("return redis.call('GET', KEYS[1])");

export function cases(shared: () => PatternCluster): void {
  const key = (name: string): string => `patterns:test:{${name}}`;

  test('a script runs where its keys are, and again where servers have forgotten it', async () => {
    const connection = shared().connection();
    expect(await runScript(connection, COUNT, [key('forgotten')], [2])).toBe(2);
    await shared().asAdministrators((masters) => Promise.all(masters.map(({ redis }) => redis.script('FLUSH'))));
    expect(await runScript(connection, COUNT, [key('forgotten')], [3])).toBe(5);
    expect(await runScript(connection, READ, [key('forgotten')], [], { readOnly: true })).toBe('5');
    expect(await readCommand(connection, key('forgotten'), (node) => node.get(key('forgotten')))).toBe('5');
  });

  test('a replicated one says whether a replica has its effect', async () => {
    const connection = shared().connection();
    await waitFor('a replica', async () => (await runReplicated(connection, COUNT, [key('replicated')], [1])).replicated);
  });

  test('one that was on its way when its connection broke is not sent again, and nobody claims to know of it', async () => {
    const connection = shared().connection();
    const name = key('broken');
    await runScript(connection, COUNT, [name], [1]);
    const client = await connection.client();
    const failures = await shared().whileFrozen(name, async () => {
      const sent = Array.from({ length: 20 }, () =>
        runScript(connection, COUNT, [name], [1]).then(
          () => 'done',
          (error) => error,
        ),
      );
      const owner = client.slots[slotOf(name)]![0];
      const node = client.nodes('master').find(({ options }) => `${options.host}:${options.port}` === owner)!;
      // Once they have left this process.
      await waitFor('the packet', async () => node.stream.writableLength === 0 && node.commandQueue.length >= 20);
      node.stream.destroy();
      return Promise.all(sent);
    });
    expect(failures).toEqual(failures.map(() => expect.objectContaining({ code: 'E_SHARED_UNAVAILABLE', applied: 'unknown' })));
    const value = async () => Number(await runScript(connection, READ, [name], [], { readOnly: true }).catch(() => Number.NaN));
    await waitFor('an answer', async () => !Number.isNaN(await value()));
    // What the server had read before it was stopped runs once it goes on; nothing runs twice.
    expect(await value()).toBeLessThanOrEqual(21);
  });

  test('where memory is full it is refused as a whole, and certainly not applied', async () => {
    const connection = shared().connection();
    const two = atomicScript("redis.call('DEL', KEYS[1]) return redis.call('SET', KEYS[1], 'x')");
    await runScript(connection, COUNT, [key('full')], [1]);
    await shared().withoutMemory(async () => {
      await expect(runScript(connection, two, [key('full')])).rejects.toMatchObject({
        code: 'E_SHARED_UNAVAILABLE',
        applied: 'no',
      });
    });
    expect(await runScript(connection, READ, [key('full')], [], { readOnly: true })).toBe('1');
  });

  test('where the server may not write it is certainly not applied', async () => {
    const connection = shared().connection();
    await shared().readOnly(() =>
      expect(runScript(connection, COUNT, [key('read-only')], [1])).rejects.toMatchObject({ applied: 'no' }),
    );
  });

  test('while its slot moves it runs once, on the side that has the key', async () => {
    const connection = shared().connection();
    const name = key('moving');
    const slot = slotOf(name);
    await shared().asAdministrators(async (masters) => {
      const owner = await shared().masterOf(name);
      const from = masters.find((each) => each.name === owner)!;
      const to = masters.find((each) => each.name !== owner)!;
      const [fromId, toId] = (await Promise.all([from, to].map(({ redis }) => redis.cluster('MYID')))) as [string, string];
      await to.redis.cluster('SETSLOT', slot, 'IMPORTING', fromId);
      await from.redis.cluster('SETSLOT', slot, 'MIGRATING', toId);
      try {
        expect(await runScript(connection, COUNT, [name], [1])).toBe(1);
        expect(await runScript(connection, COUNT, [name], [1])).toBe(2);
        await to.redis.pipeline().asking().del(name).exec();
      } finally {
        await Promise.all([from, to].map(({ redis }) => redis.cluster('SETSLOT', slot, 'STABLE')));
      }
    });
  });
}
