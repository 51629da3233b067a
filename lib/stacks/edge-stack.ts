import { type App, CfnOutput } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { EdgeDistribution } from '../edge/edge-distribution';
import type { CachedApi } from '../gateway/cached-api';
import type { WriteOperation } from '../gateway/route-checks';
import type { Route } from '../route';
import type { ExampleRequest } from './example-request';
import { PlatformStack, type PlatformStackProps } from './platform-stack';
import type { StageDomain } from './stage';
import type { UsEast1Stack } from './us-east-1-stack';

export interface EdgeStackProps extends PlatformStackProps {
  readonly routes: Route[];
  readonly api: CachedApi;
  readonly writes: WriteOperation[];
  /** Rules and certificate, where the stage has any. */
  readonly usEast1?: UsEast1Stack;
  readonly examples: ExampleRequest[];
}

export class EdgeStack extends PlatformStack {
  readonly edge: EdgeDistribution;

  constructor(app: App, props: EdgeStackProps) {
    super(app, 'edge', 'distribution', props);
    const { domain } = this.config;
    const certificate = props.usEast1?.certificate;
    this.edge = new EdgeDistribution(this, 'Edge', {
      routes: props.routes,
      writes: props.writes,
      api: props.api,
      firewall: props.usEast1?.firewallFor(this),
      domain: domain && certificate && { name: domain.name, certificate },
      logRemovalPolicy: this.removalPolicy,
    });
    if (domain) this.addAlias(domain);
    const url = `https://${domain?.name ?? this.edge.distribution.distributionDomainName}`;
    new CfnOutput(this, 'EdgeUrl', { description: 'Where viewers go', value: url });
    for (const example of props.examples) {
      new CfnOutput(this, `Try${example.id}`, { description: `try: ${example.shows}`, value: commandOf(example, url) });
    }
  }

  private addAlias(domain: StageDomain): void {
    const zone = route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', domain);
    const target = route53.RecordTarget.fromAlias(new CloudFrontTarget(this.edge.distribution));
    new route53.ARecord(this, 'Alias', { zone, recordName: domain.name, target });
    new route53.AaaaRecord(this, 'AliasIpv6', { zone, recordName: domain.name, target });
  }
}

/** A plain GET is shown as a URL, anything else as a command. */
function commandOf({ method = 'GET', path, body }: ExampleRequest, url: string): string {
  const target = `${url}${path}`;
  if (method === 'GET') return target;
  return `curl -X ${method} ${target} -H 'content-type: application/json' -d '${JSON.stringify(body ?? {})}'`;
}
