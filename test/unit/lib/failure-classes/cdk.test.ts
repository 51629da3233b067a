import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import cdkJson from '../../../../cdk.json';
import { ReplicatedDatabase } from '../../../../lib/database/replicated-database';
import type { PlatformFunction } from '../../../../lib/functions/platform-function';
import { PlatformNetwork } from '../../../../lib/network/platform-network';
import { Firewall, FirewallScope } from '../../../../lib/operations/firewall';
import { reportedBy } from '../../../policies/findings';
import { newStack } from '../support';
import { ACCOUNT, fnIn, HERE, unvalidated } from './scenes';

describe('the CDK still refuses', () => {
  test('1: a rule from a producer to a consumer in another stack, and takes it from the consumer', () => {
    const both = (open: (db: ReplicatedDatabase, fn: PlatformFunction) => void) => {
      const app = unvalidated();
      const base = new Stack(app, 'Base');
      const network = new PlatformNetwork(base, 'Network');
      const db = new ReplicatedDatabase(base, 'Database', { network });
      const stack = new Stack(app, 'Consumer');
      const fn = fnIn(stack, network);
      fn.addEnvironment('HOST', db.primary.dbInstanceEndpointAddress);
      open(db, fn);
      return app;
    };
    expect(() => both((db, fn) => db.connections.allowDefaultPortFrom(fn)).synth()).toThrow(/cyclic/i);
    expect(() => both((db, fn) => fn.connections.allowToDefaultPort(db)).synth()).not.toThrow();
  });

  test('2: a bucket with origin access control in another stack than the distribution', () => {
    const app = unvalidated();
    const bucket = new s3.Bucket(new Stack(app, 'Bucket'), 'Bucket');
    new cloudfront.Distribution(new Stack(app, 'Edge'), 'Edge', {
      defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
    });
    expect(() => app.synth()).toThrow(/cyclic/i);
  });

  test('3: more than 500 resources', () => {
    const stack = newStack();
    for (let index = 0; index <= 500; index++)
      new CfnResource(stack, `R${index}`, { type: 'AWS::CloudFormation::WaitConditionHandle' });
    expect(() => Template.fromStack(stack)).toThrow(/501.*500/);
  });

  test('7: a reference to another region where one of the two is not known', () => {
    const app = unvalidated();
    const firewall = new Firewall(new Stack(app, 'UsEast1', { env: { region: 'us-east-1' } }), 'Firewall', {
      scope: FirewallScope.EDGE,
    });
    new cloudfront.Distribution(new Stack(app, 'Edge'), 'Edge', {
      defaultBehavior: { origin: new HttpOrigin('example.com') },
      webAclId: firewall.webAcl.attrArn,
    });
    expect(() => app.synth()).toThrow(/explicit region/);
  });

  test('7: and resolves it by an output where both are', () => {
    const app = unvalidated();
    const env = { account: ACCOUNT, region: 'us-east-1' };
    const firewall = new Firewall(new Stack(app, 'UsEast1', { env }), 'Firewall', { scope: FirewallScope.EDGE });
    const edge = new Stack(app, 'Edge', { env: HERE });
    new cloudfront.Distribution(edge, 'Edge', {
      defaultBehavior: { origin: new HttpOrigin('example.com') },
      webAclId: firewall.webAcl.attrArn,
    });
    expect(JSON.stringify(Template.fromStack(edge).toJSON())).toContain('Fn::GetStackOutput');
    expect(edge.dependencies.map((stack) => stack.stackName)).toEqual(['UsEast1']);
  });
});

describe("the CDK's own rules still find, in strict mode,", () => {
  const vpc = (stack: Stack, id: string) => new ec2.CfnVPC(stack, id, { cidrBlock: '10.0.0.0/16' }).ref;
  const group = (props: Partial<elasticache.CfnReplicationGroupProps>) => (stack: Stack) =>
    new elasticache.CfnReplicationGroup(stack, 'Group', { replicationGroupDescription: 'Group', ...props });
  const fn = (props: Partial<lambda.CfnFunctionProps>) => (stack: Stack) =>
    new lambda.CfnFunction(stack, 'Fn', {
      role: `arn:aws:iam::${ACCOUNT}:role/fn`,
      code: { zipFile: 'exports.handler = () => {}' },
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      ...props,
    });

  test.each<[number, string, (stack: Stack) => unknown, RegExp]>([
    [
      4,
      'a resource that depends on itself',
      (stack) => {
        const [a, b] = ['A', 'B'].map((id) => new CfnResource(stack, id, { type: 'AWS::SNS::Topic' }));
        a?.addOverride('DependsOn', 'B');
        b?.addOverride('DependsOn', 'A');
      },
      /F3004|[Cc]ircular/,
    ],
    [
      4,
      'a reference to nothing',
      (stack) => new CfnResource(stack, 'A', { type: 'AWS::SNS::Topic', properties: { TopicName: { Ref: 'Nowhere' } } }),
      /F1020|Nowhere/,
    ],
    [11, 'valkey without a word on TLS', group({ engine: 'valkey' }), /E3704|F3003|TransitEncryptionEnabled/],
    [
      15,
      'six replicas',
      group({
        engine: 'valkey',
        transitEncryptionEnabled: true,
        numNodeGroups: 1,
        replicasPerNodeGroup: 6,
        automaticFailoverEnabled: true,
      }),
      /F3034|ReplicasPerNodeGroup/,
    ],
    [
      23,
      'subnets that overlap',
      (stack) => {
        const vpcId = vpc(stack, 'Vpc');
        new ec2.CfnSubnet(stack, 'A', { vpcId, cidrBlock: '10.0.0.0/24' });
        new ec2.CfnSubnet(stack, 'B', { vpcId, cidrBlock: '10.0.0.0/25' });
      },
      /E3060|overlap/i,
    ],
    [24, 'a function that runs for too long', fn({ timeout: 901 }), /F3034|E3717|Timeout/],
    [
      24,
      "an environment variable that is Lambda's own",
      fn({ environment: { variables: { AWS_REGION: 'x' } } }),
      /E3663|AWS_REGION/,
    ],
    [24, 'an environment variable of one letter', fn({ environment: { variables: { X: 'x' } } }), /F3002|X/],
    [
      13,
      'a class of instances that there is not',
      (stack) =>
        new rds.CfnDBInstance(stack, 'Db', {
          dbInstanceClass: 'db.t9.banana',
          engine: 'postgres',
          allocatedStorage: '20',
          masterUsername: 'u',
          manageMasterUserPassword: true,
        }),
      /E3025|banana/,
    ],
  ])('%d: %s', (_, __, build, message) => {
    const app = new App({ context: cdkJson.context });
    build(new Stack(app, 'Test'));
    expect(() => app.synth()).toThrow(message);
  });

  test('36: a value that there is not, though only as a warning, which our check counts', () => {
    jest.spyOn(console, 'error').mockImplementation(() => {});
    const app = new App({ context: cdkJson.context });
    new CfnResource(new Stack(app, 'Test'), 'Log', { type: 'AWS::Logs::LogGroup', properties: { RetentionInDays: 17 } });
    expect(reportedBy(app.synth().directory)).toEqual([expect.stringMatching(/W3030.*17/s)]);
    jest.restoreAllMocks();
  });
});
