import { type App, CfnOutput } from 'aws-cdk-lib';
import { EdgeDistribution } from '../edge/edge-distribution';
import type { CachedApi } from '../gateway/cached-api';
import type { Route } from '../route';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

/** A request worth making first, shown after a deployment. */
export interface ExampleRequest {
  /** Names the output: letters only, upper case first. */
  readonly id: string;
  /** What it shows, in a few words. */
  readonly shows: string;
  /** Path with query string. */
  readonly path: string;
  /** @default 'GET' */
  readonly method?: string;
  /** JSON to send. */
  readonly body?: object;
}

export interface EdgeStackProps extends PlatformStackProps {
  readonly routes: readonly Route[];
  readonly api: CachedApi;
  readonly examples: readonly ExampleRequest[];
}

export class EdgeStack extends PlatformStack {
  readonly edge: EdgeDistribution;

  constructor(app: App, props: EdgeStackProps) {
    super(app, 'edge', 'distribution', props);
    this.edge = new EdgeDistribution(this, 'Edge', { routes: props.routes, api: props.api });
    const url = `https://${this.edge.distribution.distributionDomainName}`;
    new CfnOutput(this, 'EdgeUrl', { description: 'Where viewers go', value: url });
    for (const example of props.examples) {
      new CfnOutput(this, `Try${example.id}`, { description: `try: ${example.shows}`, value: commandOf(example, url) });
    }
  }
}

/** A plain GET is shown as a URL, anything else as a command. */
function commandOf({ method = 'GET', path, body }: ExampleRequest, url: string): string {
  const target = `${url}${path}`;
  if (method === 'GET') return target;
  return `curl -X ${method} ${target} -H 'content-type: application/json' -d '${JSON.stringify(body ?? {})}'`;
}
