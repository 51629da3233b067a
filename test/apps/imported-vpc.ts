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

/** A platform in a VPC of another team, which is known by its ids. */
export default function importedVpc(app: App): void {
  const stack = new Stack(app, 'ImportedVpc');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    vpcCidrBlock: '10.20.0.0/16',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    isolatedSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
  });
  const group = (id: string) => ({
    connections: new ec2.Connections({
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, id, `sg-${id.toLowerCase()}`)],
    }),
  });
  const network = PlatformNetwork.fromPlatformNetworkAttributes({
    vpc,
    eventsEndpoint: group('Events'),
    secretsEndpoint: group('Secrets'),
    s3Endpoint: true,
  });
  const platform = new CachingPlatform(stack, 'Caching', {
    namespace: 'other-vpc',
    network,
    removalPolicy: RemovalPolicy.DESTROY,
  });

  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "a lamp" });'),
    timeout: Duration.seconds(5),
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(reader, { concurrency: 20 });
  platform.addRoute(product, { reader });
}
