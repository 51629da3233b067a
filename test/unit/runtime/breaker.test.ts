import { newCircuitBreaker } from '../../../lambdas/runtime/connection/breaker';

describe('a circuit breaker', () => {
  const breaker = () => newCircuitBreaker(2, 50, 1000);

  test('however many operations one pause of the shard fails, it stays closed', () => {
    const it = breaker();
    for (let i = 0; i < 200; i++) it.failed(10 + (i % 40));
    expect(it.open).toBe(false);
    expect(it.failing).toBe(true);
  });

  test('failures that go on open it, and an answer closes it', () => {
    const it = breaker();
    it.failed(0);
    it.failed(50);
    expect(it.open).toBe(true);
    expect(it.wantsProbe(1049)).toBe(false);
    expect([it.wantsProbe(1050), it.wantsProbe(1050)]).toEqual([true, false]);
    it.succeeded();
    expect([it.open, it.failing]).toEqual([false, false]);
  });

  test('answers outweigh as many failures', () => {
    const it = breaker();
    for (let i = 0; i < 10; i++) it.failed(0);
    for (let i = 0; i < 9; i++) it.succeeded();
    expect(it.failing).toBe(true);
    it.succeeded();
    expect(it.failing).toBe(false);
    it.failed(60);
    expect(it.open).toBe(false);
  });
});
