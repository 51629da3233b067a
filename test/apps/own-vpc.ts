import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, defineRoute, PlatformNetwork } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A platform in a VPC that the same stack makes, with public subnets and its own endpoints. */
export default function ownVpc(app: App): void {
  const stack = new Stack(app, 'OwnVpc');
  const vpc = new ec2.Vpc(stack, 'Vpc', {
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: [
      { name: 'public', subnetType: ec2.SubnetType.PUBLIC },
      { name: 'app', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    ],
  });
  const subnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const endpoint = (id: string, service: ec2.InterfaceVpcEndpointAwsService) =>
    vpc.addInterfaceEndpoint(id, { service, subnets, open: false });
  const network = PlatformNetwork.fromPlatformNetworkAttributes({
    vpc,
    eventsEndpoint: endpoint('Events', ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE),
    secretsEndpoint: endpoint('Secrets', ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER),
    s3GatewayEndpoint: vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 }),
  });
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'own-vpc', network, removalPolicy: RemovalPolicy.DESTROY });

  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "a lamp" });'),
    timeout: Duration.seconds(5),
    vpc,
    vpcSubnets: subnets,
  });
  platform.addClient(reader, { concurrency: 20 });
  platform.addRoute(product, { reader });
}
