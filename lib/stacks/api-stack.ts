import { CfnOutput } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import { CachedApi } from '../gateway/cached-api';
import type { WriteOperation } from '../gateway/route-checks';
import type { IPlatformNetwork } from '../network/platform-network';
import { Firewall, FirewallScope } from '../operations/firewall';
import type { PurgeBus } from '../purge/purge-bus';
import type { Route } from '../route';
import type { ISharedCache } from '../shared/shared-cache-base';
import { PlatformStack, type PlatformStackProps } from './platform-stack';
import type { Workload } from './workload';

export interface ApiStackProps extends PlatformStackProps {
  readonly network: IPlatformNetwork;
  readonly database: IReplicatedDatabase;
  readonly shared: ISharedCache;
  readonly bus: PurgeBus;
  readonly workload: Workload;
  readonly routes: Route[];
  readonly writes: WriteOperation[];
  readonly restricted: Route[];
}

export class ApiStack extends PlatformStack {
  readonly api: CachedApi;
  readonly reader: lambda.IFunction;

  constructor(scope: Construct, props: ApiStackProps) {
    super(scope, 'api', 'API with a stage cache, and its functions', props);
    const { network, database, shared, bus } = props;
    const { config, removalPolicy: logRemovalPolicy } = this;
    const { reader, writer } = props.workload.addFunctions(this, { config, network, database, shared, bus, logRemovalPolicy });
    this.reader = reader;
    const firewall = this.config.firewall
      ? new Firewall(this, 'Firewall', { scope: FirewallScope.REGIONAL, logRemovalPolicy: this.removalPolicy })
      : undefined;
    this.api = new CachedApi(this, 'Gateway', {
      routes: props.routes,
      reader,
      writer,
      writes: props.writes,
      restricted: props.restricted,
      open: this.config.open,
      cacheSize: this.config.gateway.cacheSize,
      requestsPerSecond: this.config.gateway.requestsPerSecond,
      requestBurst: this.config.gateway.requestBurst,
      firewall,
      logRemovalPolicy: this.removalPolicy,
    });
    new CfnOutput(this, 'GatewayUrl', {
      description: 'The API past the edge; requests that need authorisation are signed for it',
      value: this.api.restApi.url,
    });
  }
}
