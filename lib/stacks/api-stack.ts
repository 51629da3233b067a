import { type App, CfnOutput } from 'aws-cdk-lib';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { PlatformFunction } from '../functions/platform-function';
import { ApiFunctions } from '../gateway/api-functions';
import { CachedApi } from '../gateway/cached-api';
import type { WriteOperation } from '../gateway/route-checks';
import type { IPlatformNetwork } from '../network/platform-network';
import { Firewall, FirewallScope } from '../operations/firewall';
import type { PurgeBus } from '../purge/purge-bus';
import type { Route } from '../route';
import type { ISharedCache } from '../shared/shared-cache-base';
import { PlatformStack, type PlatformStackProps } from './platform-stack';

export interface ApiStackProps extends PlatformStackProps {
  readonly network: IPlatformNetwork;
  readonly database: IReplicatedDatabase;
  readonly shared: ISharedCache;
  readonly bus: PurgeBus;
  readonly routes: Route[];
  readonly writes: WriteOperation[];
  readonly restricted: Route[];
}

export class ApiStack extends PlatformStack {
  readonly api: CachedApi;
  readonly reader: PlatformFunction;

  constructor(app: App, props: ApiStackProps) {
    super(app, 'api', 'API with a stage cache, and its functions', props);
    const { network, database, shared, bus } = props;
    const { readConcurrency, writeConcurrency, poolSize, readTimeout, reserve } = this.config.functions;
    const { reader, writer } = new ApiFunctions(this, 'Functions', {
      network,
      database,
      shared,
      bus,
      readConcurrency,
      writeConcurrency,
      poolSize,
      readTimeout,
      reserveConcurrency: reserve,
      logRemovalPolicy: this.removalPolicy,
    });
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
