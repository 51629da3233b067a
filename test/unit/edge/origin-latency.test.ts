import { createEdge } from '../../../local/edge';
import { distribution, ORIGIN_HOST } from '../../support/edge';
import { ManualClock } from '../../support/manual-clock';
import { OriginServer } from '../../support/origin-server';
import { productContext, until } from '../../support/product-context';

test('each request to an origin waits as long as the setting says, a hit does not, and the end of the edge ends the wait', async () => {
  const upstream = new OriginServer();
  const clock = new ManualClock();
  const context = productContext({ clock });
  context.registry.origins.set(ORIGIN_HOST, await upstream.start());
  upstream.answer = () => ({ headers: { 'Cache-Control': 's-maxage=60' }, body: 'x' });
  const edge = createEdge({ distributions: [distribution()], originLatencyMs: 100 }, context, { port: 0 });
  try {
    await edge.start();
    const miss = fetch(`${edge.url}/a`);
    await until(() => clock.pending > 0, 'a wait');
    clock.advance(1000);
    expect((await miss).headers.get('x-cache')).toBe('Miss from cloudfront');
    expect((await fetch(`${edge.url}/a`)).headers.get('x-cache')).toBe('Hit from cloudfront');
    const waits = fetch(`${edge.url}/b`).catch(() => undefined);
    await until(() => clock.pending > 0, 'another wait');
    await edge.dispose();
    await waits;
    expect(clock.pending).toBe(0);
  } finally {
    await edge.dispose();
    await upstream.stop();
    context.cleanUp();
  }
});
