import type { AddressInfo } from 'node:net';
import * as net from 'node:net';
import { PortInUseError, Ports } from '../../../local/host/ports';

const taken: Ports[] = [];
const take = async (...args: Parameters<typeof Ports.take>) => {
  const ports = await Ports.take(...args);
  taken.push(ports);
  return ports;
};

afterEach(async () => {
  await Promise.all(taken.splice(0).map((ports) => ports.release()));
});

describe('ports', () => {
  test('a name keeps its port, and no two names share one', async () => {
    const ports = await take(Math.random);
    const names = ['a', 'b', 'c'];
    const first = names.map((name) => ports.port(name));
    expect(new Set(first).size).toBe(3);
    expect(names.map((name) => ports.port(name))).toEqual(first);
  });

  test('two platforms that start at once get different blocks', async () => {
    const [one, two] = await Promise.all([take(() => 0.5), take(() => 0.5)]);
    const ports = [one, two].map((each) => Array.from({ length: 30 }, (_, n) => each.port(`p${n}`)));
    expect(ports[0]!.filter((port) => ports[1]!.includes(port))).toEqual([]);
  });

  test('fails on a chosen port that is in use, with the port and the option', async () => {
    const ports = await take(Math.random);
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(ports.claim('edge', port)).rejects.toThrow(
      `port ${port} is in use; end whatever listens there, or choose another port with --port`,
    );
    await expect(ports.claim('edge', port)).rejects.toBeInstanceOf(PortInUseError);
    await new Promise((resolve) => server.close(resolve));
    await ports.claim('edge', port);
    expect(ports.port('edge')).toBe(port);
  });

  test('takes the next port that is free, where none is chosen', async () => {
    const ports = await take(Math.random);
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await ports.claimFrom('edge', port, 20);
    expect(ports.port('edge')).toBeGreaterThan(port);
    await expect(ports.claimFrom('edge', port, 1)).rejects.toThrow(`port ${port} is in use`);
    await new Promise((resolve) => server.close(resolve));
  });

  test('release may be called twice', async () => {
    const ports = await take(Math.random);
    await ports.release();
    await ports.release();
  });
});
