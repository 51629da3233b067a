import { App, Duration, type Stack } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import cdkJson from '../../../../cdk.json';
import { ReplicatedDatabase, type ReplicatedDatabaseProps } from '../../../../lib/database/replicated-database';
import { EdgeDistribution } from '../../../../lib/edge/edge-distribution';
import { PlatformFunction } from '../../../../lib/functions/platform-function';
import { CachedApi } from '../../../../lib/gateway/cached-api';
import { type IPlatformNetwork, PlatformNetwork } from '../../../../lib/network/platform-network';
import { SharedCache, type SharedCacheProps } from '../../../../lib/shared/shared-cache';
import { newNetwork, newStack, routeAt } from '../support';

/* What the tests of the classes of failures have in common. */

export const ACCOUNT = '111111111111';
export const HERE = { account: ACCOUNT, region: 'eu-west-1' };
export const unvalidated = () => new App({ context: cdkJson.context, builtinCloudFormationValidation: false });

export function fnIn(stack: Stack, network: IPlatformNetwork | undefined, id = 'Function', concurrency = 1): PlatformFunction {
  return new PlatformFunction(stack, id, {
    bundle: 'topology',
    description: 'Does it',
    timeout: Duration.seconds(3),
    vpc: network?.vpc,
    vpcSubnets: network?.vpcSubnets,
    concurrency,
  });
}

export function shared(props: Partial<SharedCacheProps>): SharedCache {
  const { stack, network } = newNetwork();
  return new SharedCache(stack, 'Shared', { network, namespace: 'shop', ...props });
}

export function database(props: Partial<ReplicatedDatabaseProps>): ReplicatedDatabase {
  const { stack, network } = newNetwork();
  return new ReplicatedDatabase(stack, 'Database', { network, ...props });
}

export function edgeWith(certificate: acm.ICertificate, stack: Stack): EdgeDistribution {
  const fn = fnIn(stack, undefined);
  const api = new CachedApi(stack, 'Api', { routes: [routeAt('a', '/a')], reader: fn, writer: fn });
  return new EdgeDistribution(stack, 'Edge', {
    routes: [routeAt('a', '/a')],
    api,
    domain: { name: 'www.example.com', certificate },
  });
}

export function importedNetwork(zones: string[] = ['a', 'b']) {
  const stack = newStack();
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: zones,
    isolatedSubnetIds: zones.map((zone) => `subnet-${zone}`),
  });
  return { stack, network: PlatformNetwork.fromPlatformNetworkAttributes({ vpc }) };
}
