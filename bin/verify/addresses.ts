import type { Addresses } from './target';

const NAMES = [
  'EdgeUrl',
  'DistributionId',
  'GatewayUrl',
  'RestApiId',
  'StageName',
  'BusName',
  'QueueUrl',
  'DeadLetterQueueUrl',
] as const;

/** @returns the addresses in a stack's outputs. @throws {Error} where one is missing, since the stack is then another one. */
export function addressesOf(outputs: ReadonlyMap<string, string>): Addresses {
  const missing = NAMES.filter((name) => !outputs.has(name));
  if (missing.length > 0) throw new Error(`the stack of the probes has no output ${missing.join(', ')}; deploy it again`);
  const [edgeUrl, distributionId, gatewayUrl, restApiId, stageName, busName, queueUrl, deadLetterQueueUrl] = NAMES.map((name) =>
    outputs.get(name)!.replace(/\/$/, ''),
  ) as [string, string, string, string, string, string, string, string];
  return { edgeUrl, distributionId, gatewayUrl, restApiId, stageName, busName, queueUrl, deadLetterQueueUrl };
}
