import { contains } from './cidr';
import type { Statement } from './policy-document';

/** One rule of a security group. Protocol `-1` is all of them, on all ports. */
export interface GroupRule {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** Whom the rule is about: exactly one of the three. */
  readonly cidr?: string;
  readonly group?: string;
  readonly prefixList?: string;
}

export interface SecurityGroup {
  readonly ingress: readonly GroupRule[];
  readonly egress: readonly GroupRule[];
}

export interface Subnet {
  readonly vpc: string;
  readonly cidr: string;
  /** Absent where the main route table applies, which has no routes out of the VPC. */
  readonly routeTable?: string;
  /** Whether there is a default route to a NAT gateway. (One to an internet gateway doesn't help: a function has no public address.) */
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
  /** Whether the service's usual host name leads to the endpoint, which is what a stock client uses. */
  readonly privateDns: boolean;
  /** Absent means full access. */
  readonly policy?: readonly Statement[];
}

/** Where a function's network interfaces are. */
export interface Placement {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
}

/** The network of a model. */
export interface NetworkOptions {
  readonly region: string;
  /** By function ARN. A function that isn't here is outside of every VPC and reaches everything. */
  readonly functions: ReadonlyMap<string, Placement>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly endpoints: readonly VpcEndpoint[];
}

/** Whether a connection would be made in AWS; if not, what is missing. There it hangs until the client gives up. */
export type Reach =
  | { readonly reachable: true; readonly endpoint?: VpcEndpoint }
  | { readonly reachable: false; readonly reason: string };

/** Services with a control plane in one place and no VPC endpoint at all. */
const WITHOUT_ENDPOINT: readonly string[] = ['cloudfront', 'route53', 'iam'];

const HTTPS = 443;

/** Decides who reaches what, by subnets, routes, endpoints and security groups. Network ACLs are the default ones: all open. */
export class Network {
  constructor(private readonly options: NetworkOptions) {}

  /** Whether the function reaches an AWS service, given by its signing name, such as `events`, which is its endpoint's name too. */
  reach(functionArn: string | undefined, signingName: string): Reach {
    const place = functionArn === undefined ? undefined : this.options.functions.get(functionArn);
    if (!place) return { reachable: true };
    const service = `com.amazonaws.${this.options.region}.${signingName}`;
    const subnets = place.subnets.map((id) => ({ id, ...this.subnet(id) }));
    const problems: string[] = [];

    if (!WITHOUT_ENDPOINT.includes(signingName)) {
      // An interface endpoint with private DNS takes the name over for the whole VPC; a gateway endpoint does so for its route tables.
      for (const endpoint of this.options.endpoints.filter((e) => e.service === service && e.vpc === subnets[0]?.vpc)) {
        const problem =
          endpoint.kind === 'Gateway' ? this.gatewayProblem(place, endpoint) : this.interfaceProblem(place, endpoint);
        if (problem === undefined) return { reachable: true, endpoint };
        problems.push(problem);
      }
    }
    if (subnets.every((subnet) => subnet.nat)) {
      if (this.allows(place.securityGroups, 'egress', HTTPS, (rule) => rule.cidr === '0.0.0.0/0')) return { reachable: true };
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

  /** Whether the function reaches a resource inside the VPC, such as a database, on a TCP port. */
  reachInside(functionArn: string, target: Placement, port: number): Reach {
    const place = this.options.functions.get(functionArn);
    if (!place) return { reachable: false, reason: `the function is in no VPC, and the target has no public address` };
    const problem = this.groupProblem(place, target, port, 'the target');
    return problem === undefined ? { reachable: true } : { reachable: false, reason: problem };
  }

  private interfaceProblem(place: Placement, endpoint: VpcEndpoint): string | undefined {
    if (!endpoint.privateDns) return `endpoint ${endpoint.id} has no private DNS, so the service's name leads past it`;
    return this.groupProblem(place, endpoint, HTTPS, `endpoint ${endpoint.id}`);
  }

  private gatewayProblem(place: Placement, endpoint: VpcEndpoint): string | undefined {
    const outside = place.subnets.find((id) => !endpoint.routeTables.includes(this.subnet(id).routeTable ?? ''));
    if (outside) return `gateway endpoint ${endpoint.id} is not in the route table of subnet ${outside}`;
    const out = this.allows(
      place.securityGroups,
      'egress',
      HTTPS,
      (rule) => rule.cidr === '0.0.0.0/0' || rule.prefixList !== undefined,
    );
    return out ? undefined : `no security group of the function lets TCP ${HTTPS} out to the prefix list of ${endpoint.id}`;
  }

  /** Both sides must agree: out of the function's groups, into the target's. */
  private groupProblem(from: Placement, to: Placement, port: number, what: string): string | undefined {
    const between = (peer: Placement) => (rule: GroupRule) =>
      (rule.group !== undefined && peer.securityGroups.includes(rule.group)) ||
      (rule.cidr !== undefined && peer.subnets.every((id) => contains(rule.cidr!, this.subnet(id).cidr)));
    if (!this.allows(from.securityGroups, 'egress', port, between(to))) {
      return `no security group of the function lets TCP ${port} out to ${what}`;
    }
    if (!this.allows(to.securityGroups, 'ingress', port, between(from))) {
      return `no security group of ${what} lets TCP ${port} in from the function`;
    }
    return undefined;
  }

  private allows(
    groups: readonly string[],
    side: keyof SecurityGroup,
    port: number,
    matches: (rule: GroupRule) => boolean,
  ): boolean {
    return groups.some((id) => this.options.groups.get(id)?.[side].some((rule) => covers(rule, port) && matches(rule)));
  }

  private subnet(id: string): Subnet {
    const subnet = this.options.subnets.get(id);
    if (!subnet) throw new Error(`subnet '${id}' is not in the template`);
    return subnet;
  }
}

function covers({ protocol, fromPort, toPort }: GroupRule, port: number): boolean {
  if (protocol === '-1') return true;
  return (protocol === 'tcp' || protocol === '6') && fromPort <= port && port <= toPort;
}
