import { CfnOutput } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import { EdgeDistribution } from '../edge/edge-distribution';
import type { CachedApi } from '../gateway/cached-api';
import type { WriteOperation } from '../gateway/route-checks';
import type { Route } from '../route';
import { pathMatcher } from '../route/template';
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
  readonly restricted: Route[];
  readonly examples: ExampleRequest[];
}

export class EdgeStack extends PlatformStack {
  readonly edge: EdgeDistribution;

  constructor(scope: Construct, props: EdgeStackProps) {
    super(scope, 'edge', 'distribution', props);
    const { domain } = this.config;
    const certificate = props.usEast1?.certificate;
    this.edge = new EdgeDistribution(this, 'Edge', {
      routes: props.routes,
      writes: props.writes,
      api: props.api,
      firewall: props.usEast1?.firewallFor(this),
      ...this.config.edge,
      domain: domain && certificate && { name: domain.name, certificate, aliases: domain.aliases },
      logRemovalPolicy: this.removalPolicy,
    });
    if (domain) this.addAlias(domain);
    const url = `https://${domain?.name ?? this.edge.distribution.distributionDomainName}`;
    new CfnOutput(this, 'EdgeUrl', { description: 'Where viewers go', value: url });
    for (const example of props.examples) {
      new CfnOutput(this, `Try${example.id}`, {
        description: `try: ${example.shows}`,
        value: this.commandOf(example, url, props),
      });
    }
  }

  private addAlias(domain: StageDomain): void {
    const zone = route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', domain);
    const target = route53.RecordTarget.fromAlias(new CloudFrontTarget(this.edge.distribution));
    for (const [index, recordName] of [domain.name, ...(domain.aliases ?? [])].entries()) {
      new route53.ARecord(this, `Alias${index || ''}`, { zone, recordName, target });
      new route53.AaaaRecord(this, `AliasIpv6${index || ''}`, { zone, recordName, target });
    }
  }

  /**
   * A plain GET is shown as a URL, anything else as a command. What needs authorisation is signed, for the API itself: the edge
   * has another name, which the signature of a request is no longer valid by.
   */
  private commandOf({ method = 'GET', path, body }: ExampleRequest, url: string, { api, restricted }: EdgeStackProps): string {
    const isRestricted = restricted.some((route) => pathMatcher(route.path)(path.split('?')[0] as string) !== undefined);
    const data =
      body === undefined && method === 'GET' ? '' : ` -H 'content-type: application/json' -d '${JSON.stringify(body ?? {})}'`;
    if (this.config.open || (method === 'GET' && !isRestricted)) {
      return method === 'GET' ? `${url}${path}` : `curl -X ${method} '${url}${path}'${data}`;
    }
    const signed = `--aws-sigv4 aws:amz:${this.region}:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN"`;
    return `curl ${signed} -X ${method} '${api.url.replace(/\/$/, '')}${path}'${data}`;
  }
}
