import { Network } from '../../local/aws';
import type { GroupRule } from '../../local/aws/network';
import { networkFromTemplate } from '../../local/aws/template-network';
import { engineTargets } from '../../local/engines';
import type { ConnectionRecord } from '../../local/lambda';
import type { Model } from '../../local/types';

/** A way from a function to what listens in the network. */
export interface Path {
  readonly functionArn: string;
  /** Security groups of what listens; none for what a gateway endpoint leads to. */
  readonly groups: readonly string[];
  readonly port: number;
}

const HTTPS = 443;

/** Rule that CDK writes into a group that lets nothing out, since a group without a rule would let everything out. */
const isPlaceholder = ({ protocol }: GroupRule): boolean => protocol === 'icmp';

/** The paths of a template: those that there are, those that were used, and the rules that serve none of the latter. */
export class NetworkPaths {
  private readonly options;
  private readonly network;
  private readonly targets: { name: string; groups: readonly string[]; subnets: readonly string[]; port: number }[];

  constructor(model: Model) {
    this.options = networkFromTemplate(model);
    this.network = new Network(this.options);
    this.targets = [
      ...engineTargets(model).map(({ name, securityGroups, subnets, awsPort }) => ({
        name,
        groups: securityGroups,
        subnets,
        port: awsPort,
      })),
      ...this.options.endpoints
        .filter(({ kind }) => kind === 'Interface')
        .map(({ id, securityGroups, subnets }) => ({ name: id, groups: securityGroups, subnets, port: HTTPS })),
    ];
  }

  /** Name for people. */
  text({ functionArn, groups, port }: Path): string {
    const names = groups.map((id) => this.options.groups.get(id)?.name ?? id).join('+') || 'S3';
    return `${functionArn.split(':').pop()} -> ${names}:${port}`;
  }

  /** Every path that security groups leave open. */
  open(): string[] {
    const paths = [...this.options.functions.keys()].flatMap((functionArn) =>
      this.targets
        .filter(({ name, groups, subnets, port }) => {
          const target = { name, subnets, securityGroups: groups, ports: [port] };
          return this.network.reachInside(functionArn, target).reachable;
        })
        .map(({ groups, port }) => ({ functionArn, groups, port })),
    );
    const outside = [...this.options.functions.keys()]
      .filter((functionArn) => this.network.reach(functionArn, 's3').reachable)
      .map((functionArn) => ({ functionArn, groups: [], port: HTTPS }));
    return this.texts([...paths, ...outside]);
  }

  /** The paths of connections that were made and of calls that were answered. */
  used(
    connections: readonly ConnectionRecord[],
    calls: readonly { readonly functionArn?: string; readonly service: string; readonly allowed: boolean }[],
  ): Path[] {
    const made = connections.flatMap(({ functionArn, target, missing }) => {
      const found = missing === undefined ? this.targets.find(({ name }) => name === target) : undefined;
      return found ? [{ functionArn, groups: found.groups, port: found.port }] : [];
    });
    const called = calls.flatMap(({ functionArn, service, allowed }) => {
      if (!functionArn || !allowed || !this.options.functions.has(functionArn)) return [];
      const reach = this.network.reach(functionArn, service);
      if (!reach.reachable || !reach.endpoint) throw new Error(`${functionArn} called ${service} past every endpoint`);
      return [{ functionArn, groups: reach.endpoint.securityGroups, port: HTTPS }];
    });
    const byText = new Map([...made, ...called].map((path) => [this.text(path), path]));
    return [...byText.values()];
  }

  texts(paths: readonly Path[]): string[] {
    return [...new Set(paths.map((path) => this.text(path)))].sort();
  }

  /** Rules of security groups that no used path needs, or that let more through than it. */
  idleRules(used: readonly Path[]): string[] {
    const groupsOf = (functionArn: string) => this.options.functions.get(functionArn)?.securityGroups ?? [];
    const exact = (rule: GroupRule, port: number) => rule.protocol === 'tcp' && rule.fromPort === port && rule.toPort === port;
    return [...this.options.groups].flatMap(([id, { name, ingress, egress }]) => [
      ...ingress
        .filter(
          (rule) =>
            !used.some(
              ({ functionArn, groups, port }) =>
                groups.includes(id) && groupsOf(functionArn).includes(rule.group ?? '') && exact(rule, port),
            ),
        )
        .map((rule) => `ingress of ${name}: ${JSON.stringify(rule)}`),
      ...egress
        .filter((rule) => !isPlaceholder(rule))
        .filter(
          (rule) =>
            !used.some(({ functionArn, groups, port }) => {
              const isPeer = groups.length > 0 ? groups.includes(rule.group ?? '') : rule.cidr === '0.0.0.0/0';
              return groupsOf(functionArn).includes(id) && isPeer && exact(rule, port);
            }),
        )
        .map((rule) => `egress of ${name}: ${JSON.stringify(rule)}`),
    ]);
  }
}
