import { isIPv4, isIPv6 } from 'node:net';
import type { RouteLimit } from '../../../lib/route';
import type { ProxyEvent } from './request';

/** Caller as API Gateway describes it, as far as it is used here. */
interface Described {
  readonly identity?: { readonly sourceIp?: unknown; readonly userArn?: unknown; readonly apiKeyId?: unknown } | null;
  readonly authorizer?: { readonly principalId?: unknown; readonly claims?: { readonly sub?: unknown } | null } | null;
}

/** Text by which callers are told apart for a limit; '' where the request has none. */
export function limitedCaller(event: ProxyEvent, { by, header = '' }: Pick<RouteLimit, 'by' | 'header'>): string {
  const { identity } = (event.requestContext ?? {}) as Described;
  if (by === 'address') return network(viewerAddress(event));
  if (by === 'header') return sentHeader(event, header);
  if (by === 'api-key') return text(identity?.apiKeyId);
  return authorizedCaller(event) ?? '';
}

/**
 * Id of the caller whom an authorizer of the API has let in, by the `principalId` that a Lambda function returned or the `sub` of
 * a user pool's token, or whom IAM knows by its ARN. For the `caller` of a router's routes: an authorizer must give each caller a
 * `principalId` of its own.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
 * "$context.authorizer.principalId", "$context.authorizer.claims.property", "$context.identity.userArn"
 * @returns undefined where API Gateway knows nobody.
 */
export function authorizedCaller(event: ProxyEvent): string | undefined {
  const { identity, authorizer } = (event.requestContext ?? {}) as Described;
  return text(authorizer?.principalId) || text(authorizer?.claims?.sub) || text(identity?.userArn) || undefined;
}

/**
 * Address of the viewer: what the edge has added to `X-Forwarded-For`, or of a request that came past the edge, the address that
 * the gateway saw. Both add the address of their own peer at the end, and whatever stands before was sent by the viewer. The
 * gateway's is `sourceIp`; so who goes past the edge chooses what is taken for the edge's.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
 * "Client IP addresses"
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
 * "$context.identity.sourceIp": the source of the TCP connection to the endpoint
 */
export function viewerAddress(event: ProxyEvent): string {
  const { identity } = (event.requestContext ?? {}) as Described;
  const peer = text(identity?.sourceIp);
  const forwarded = sentHeader(event, 'x-forwarded-for')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  if (forwarded.at(-1) === peer) forwarded.pop();
  return forwarded.at(-1) ?? peer;
}

/** Network of an address: a subscriber of IPv6 has 2^64 of them, and an address of IPv4 is its own. */
export function network(address: string): string {
  const mapped = address.replace(/^::ffff:/i, '');
  if (isIPv4(mapped) || !isIPv6(address)) return mapped;
  const [before = '', after] = address.split('::');
  const groups = (part: string | undefined) => (part ?? '').split(':').filter((group) => group !== '');
  const zeros = after === undefined ? 0 : 8 - groups(before).length - groups(after).length;
  const all = [...groups(before), ...Array<string>(zeros).fill('0'), ...groups(after)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function sentHeader({ headers }: ProxyEvent, name: string): string {
  const lower = name.toLowerCase();
  return Object.entries(headers ?? {}).find(([sent]) => sent.toLowerCase() === lower)?.[1] ?? '';
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
