import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { CachingPlatform, defineRoute } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A platform behind a domain name of one's own, whose zone and certificate the same stack makes. */
export default function ownDomain(app: App): void {
  const stack = new Stack(app, 'OwnDomain', { env: { account: '111111111111', region: 'us-east-1' } });
  const name = 'shop.example.com';
  const zone = new route53.PublicHostedZone(stack, 'Zone', { zoneName: name });
  const certificate = new acm.Certificate(stack, 'Certificate', {
    domainName: name,
    validation: acm.CertificateValidation.fromDns(zone),
  });
  const platform = new CachingPlatform(stack, 'Caching', {
    namespace: 'domain',
    domain: { name, certificate },
    removalPolicy: RemovalPolicy.DESTROY,
  });

  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "a lamp" });'),
    timeout: Duration.seconds(5),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(reader, { concurrency: 20 });
  platform.addRoute(product, { reader });
}
