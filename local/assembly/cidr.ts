import { AssemblyError } from './errors';

/**
 * `Fn::Cidr`: the first `count` blocks, with `bits` host bits each, of an IPv4 block.
 * @throws {AssemblyError} where the block is not IPv4 or is too small for them.
 */
export function cidrBlocks(block: string, count: number, bits: number): string[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(block);
  if (!match) throw new AssemblyError(`Fn::Cidr takes an IPv4 block such as 10.0.0.0/16, got '${block}'`);
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  const size = 2 ** bits;
  if (count * size > 2 ** (32 - prefix))
    throw new AssemblyError(`Fn::Cidr: ${count} blocks of /${32 - bits} don't fit into '${block}'`);
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return Array.from({ length: count }, (_, index) => {
    const address = first + index * size;
    const octets = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
    return `${octets.join('.')}/${32 - bits}`;
  });
}
