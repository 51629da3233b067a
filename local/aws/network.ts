import { contains } from './cidr';
import type { Statement } from './policy-document';

/** One rule of a security group. Protocol `-1` is all of them, on all ports. */
export interface GroupRule {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** Whom the rule is about: exactly one of the four. A range of IPv6 lets nothing through here, where all addresses are IPv4. */
  readonly cidr?: string;
  readonly cidrIpv6?: string;
  readonly group?: string;
  readonly prefixList?: string;
}

export interface SecurityGroup {
  /** As people know it: `<stack>/<logical id>`. */
  readonly name?: string;
  readonly ingress: readonly GroupRule[];
  readonly egress: readonly GroupRule[];
}

export interface Subnet {
  readonly vpc: string;
  readonly cidr: string;
  /** Absent where the main route table applies, which has no routes out of the VPC. */
  readonly routeTable?: string;
  /** True with a default route to a NAT gateway. One to an internet gateway doesn't help: a function has no public address. */
  readonly nat: boolean;
}

export interface VpcEndpoint {
  readonly id: string;
  readonly vpc: string;
  /** Such as `com.amazonaws.us-east-1.events`. */
  readonly service: string;
  readonly kind: 'Interface' | 'Gateway';
  readonly securityGroups: readonly string[];
  readonly subnets: readonly string[];
  readonly routeTables: readonly string[];
  /** True where the service's usual host name, which a stock client uses, leads to the endpoint. */
  readonly privateDns: boolean;
  /** Absent means full access. */
  readonly policy?: readonly Statement[];
}

/** Subnets and security groups of a function's network interfaces. */
export interface Placement {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
}

/** Server with an address of the VPC's, which a function reaches as security groups and routes let it. */
export interface InsideTarget extends Placement {
  /** As people know it, such as `postgres:<stack>/<logical id>`. */
  readonly name: string;
  /**
   * The TCP port, by every number that a rule of the template may have for it: AWS's, and the one that `Fn::GetAtt` gives here.
   */
  readonly ports: readonly number[];
}

/** TCP ports from the first to the last one. */
export type PortRange = readonly [first: number, last: number];

/** Ports of internet addresses that a function reaches. */
export interface InternetReach {
  /** Empty where nothing is. */
  readonly ports: readonly PortRange[];
  /** Rule or route that is missing for the other ports. */
  readonly reason: string;
}

/** Addresses that a rule names by the id of a list. */
export type PrefixList =
  /** The addresses of an AWS service in the region, as its gateway endpoint has them. */
  { readonly service: string } | { readonly cidrs: readonly string[] };

/** The network of a model. */
export interface NetworkOptions {
  readonly region: string;
  /** By function ARN. A function that isn't here is outside of every VPC and reaches everything. */
  readonly functions: ReadonlyMap<string, Placement>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly endpoints: readonly VpcEndpoint[];
  /** By id. */
  readonly prefixLists: ReadonlyMap<string, PrefixList>;
}

/** Outcome of a connection in AWS, with what is missing for it: there it hangs until the client gives up. */
export type Reach =
  | { readonly reachable: true; readonly endpoint?: VpcEndpoint }
  | { readonly reachable: false; readonly reason: string };

/** Name that stands for every VPC which the template doesn't make. */
const ELSEWHERE = 'a VPC of somewhere else';

/** Range in which no address is that a rule names, but by `0.0.0.0/0`. */
const NO_RANGE = '255.255.255.255/32';

/** Services with a control plane in one place and no VPC endpoint at all. */
const WITHOUT_ENDPOINT: readonly string[] = ['cloudfront', 'route53', 'iam'];

const HTTPS = 443;
const EVERYWHERE = '0.0.0.0/0';
const ALL_PORTS: PortRange = [0, 65535];

/** Decides who reaches what, by subnets, routes, endpoints and security groups. Network ACLs are the default ones: all open. */
export class Network {
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Reach of an AWS service by its signing name, such as `events`, which is its endpoint's name too. */
  reach(functionArn: string | undefined, signingName: string): Reach {
    const place = functionArn === undefined ? undefined : this.#options.functions.get(functionArn);
    if (!place) return { reachable: true };
    const service = `com.amazonaws.${this.#options.region}.${signingName}`;
    const subnets = place.subnets.map((id) => ({ id, ...this.#subnet(id) }));
    const problems: string[] = [];

    // Endpoints of a VPC that the template doesn't make aren't known: they are taken to be as the import says.
    if (subnets[0]?.vpc === ELSEWHERE && !WITHOUT_ENDPOINT.includes(signingName)) {
      if (this.#allows(place.securityGroups, 'egress', [HTTPS], () => true)) return { reachable: true };
      return { reachable: false, reason: `no security group of the function lets TCP ${HTTPS} out` };
    }
    if (!WITHOUT_ENDPOINT.includes(signingName)) {
      // An interface endpoint with private DNS takes the name over for the whole VPC; a gateway endpoint does so for its route
      // tables.
      for (const endpoint of this.#options.endpoints.filter((e) => e.service === service && e.vpc === subnets[0]?.vpc)) {
        const problem =
          endpoint.kind === 'Gateway' ? this.#gatewayProblem(place, endpoint) : this.#interfaceProblem(place, endpoint);
        if (problem === undefined) return { reachable: true, endpoint };
        problems.push(problem);
      }
    }
    if (subnets.every((subnet) => subnet.nat)) {
      if (this.#allows(place.securityGroups, 'egress', [HTTPS], (rule) => this.#covered(rule, [EVERYWHERE]))) {
        return { reachable: true };
      }
      problems.push(`no security group of the function lets TCP ${HTTPS} out to 0.0.0.0/0`);
    }
    if (problems.length === 0) {
      const missing = WITHOUT_ENDPOINT.includes(signingName)
        ? `${signingName} has no VPC endpoint: move the function out of the VPC`
        : `the VPC has no endpoint '${service}'`;
      problems.push(`${missing}, and subnet ${subnets.find((subnet) => !subnet.nat)?.id} has no route to a NAT gateway`);
    }
    return { reachable: false, reason: problems.join('; ') };
  }

  /** Reach of a server inside of a VPC, such as a database. It has no other address than that. */
  reachInside(functionArn: string, target: InsideTarget): Reach {
    const blocked = (reason: string): Reach => ({ reachable: false, reason });
    const place = this.#options.functions.get(functionArn);
    if (!place) return blocked(`the function is in no VPC, and ${target.name} has no address outside of its own`);
    if (target.subnets.length === 0) {
      return blocked(
        `${target.name} names no subnet group, so it is in the account's default VPC, where no function of the template is`,
      );
    }
    const [from, to] = [place, target].map(({ subnets }) => this.#subnet(subnets[0]!).vpc);
    if (from !== to) return blocked(`${target.name} is in ${to}, to which no route leads from ${from}`);
    const problem = this.#groupProblem(place, target, target.ports, target.name);
    return problem === undefined ? { reachable: true } : blocked(problem);
  }

  /** On which TCP ports the function reaches addresses that aren't the VPC's, such as another company's API. */
  reachInternet(functionArn: string): InternetReach {
    const place = this.#options.functions.get(functionArn);
    if (!place) return { ports: [ALL_PORTS], reason: '' };
    const closed = place.subnets.find((id) => !this.#subnet(id).nat);
    if (closed) return { ports: [], reason: `subnet ${closed} has no route to a NAT gateway` };
    const rules = place.securityGroups.flatMap((id) => this.#options.groups.get(id)?.egress ?? []);
    return {
      ports: rules
        .filter((rule) => this.#covered(rule, [EVERYWHERE]) && isTcp(rule))
        .map(({ protocol, fromPort, toPort }) => (protocol === '-1' ? ALL_PORTS : [fromPort, toPort])),
      reason: `no security group of the function lets that port out to ${EVERYWHERE}`,
    };
  }

  #interfaceProblem(place: Placement, endpoint: VpcEndpoint): string | undefined {
    if (!endpoint.privateDns) return `endpoint ${endpoint.id} has no private DNS, so the service's name leads past it`;
    return this.#groupProblem(place, endpoint, [HTTPS], `endpoint ${endpoint.id}`);
  }

  #gatewayProblem(place: Placement, endpoint: VpcEndpoint): string | undefined {
    const outside = place.subnets.find((id) => !endpoint.routeTables.includes(this.#subnet(id).routeTable ?? ''));
    if (outside) return `gateway endpoint ${endpoint.id} is not in the route table of subnet ${outside}`;
    const toService = (rule: GroupRule) => {
      const list = rule.prefixList === undefined ? undefined : this.#options.prefixLists.get(rule.prefixList);
      return this.#covered(rule, [EVERYWHERE]) || (list !== undefined && 'service' in list && list.service === endpoint.service);
    };
    if (this.#allows(place.securityGroups, 'egress', [HTTPS], toService)) return undefined;
    return `no security group of the function lets TCP ${HTTPS} out to the prefix list of ${endpoint.id}`;
  }

  /** Both sides must agree: out of the function's groups, into the target's. */
  #groupProblem(from: Placement, to: Placement, ports: readonly number[], what: string): string | undefined {
    const between = (peer: Placement) => (rule: GroupRule) =>
      (rule.group !== undefined && peer.securityGroups.includes(rule.group)) ||
      this.#covered(
        rule,
        peer.subnets.map((id) => this.#subnet(id).cidr),
      );
    const path = `${this.#names(from)} -> ${this.#names(to)}`;
    if (!this.#allows(from.securityGroups, 'egress', ports, between(to))) {
      return `no security group of the function lets TCP ${ports[0]} out to ${what} (missing: egress ${path})`;
    }
    if (!this.#allows(to.securityGroups, 'ingress', ports, between(from))) {
      return `no security group of ${what} lets TCP ${ports[0]} in from the function (missing: ingress ${path})`;
    }
    return undefined;
  }

  #allows(
    groups: readonly string[],
    side: 'ingress' | 'egress',
    ports: readonly number[],
    matches: (rule: GroupRule) => boolean,
  ): boolean {
    return groups.some((id) => this.#options.groups.get(id)?.[side].some((rule) => covers(rule, ports) && matches(rule)));
  }

  /** Containment of all of these in the rule's range, or in ranges of its list. */
  #covered({ cidr, prefixList }: GroupRule, ranges: readonly string[]): boolean {
    const list = prefixList === undefined ? undefined : this.#options.prefixLists.get(prefixList);
    const outer = cidr === undefined ? (list && 'cidrs' in list ? list.cidrs : []) : [cidr];
    return ranges.every((inner) => outer.some((one) => contains(one, inner)));
  }

  #names({ securityGroups }: Placement): string {
    return securityGroups.map((id) => this.#options.groups.get(id)?.name ?? id).join(', ') || 'no group';
  }

  #subnet(id: string): Subnet {
    return this.#options.subnets.get(id) ?? { vpc: ELSEWHERE, cidr: NO_RANGE, nat: false };
  }
}

const isTcp = ({ protocol }: GroupRule): boolean => ['-1', 'tcp', '6'].includes(protocol);

/** @param ports AWS's number of a port, and others that stand for it only where a rule names exactly that one. */
function covers(rule: GroupRule, [port, ...others]: readonly number[]): boolean {
  if (!isTcp(rule)) return false;
  const { protocol, fromPort, toPort } = rule;
  if (protocol === '-1' || (fromPort <= port! && port! <= toPort)) return true;
  return fromPort === toPort && others.includes(fromPort);
}
