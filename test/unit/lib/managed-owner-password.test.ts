import { Match, Template } from 'aws-cdk-lib/assertions';
import type * as rds from 'aws-cdk-lib/aws-rds';
import { DatabaseRole } from '../../../lib/database/database-role';
import { MultiAzDatabaseCluster } from '../../../lib/database/multi-az-database-cluster';
import { ReplicatedDatabase, type ReplicatedDatabaseProps } from '../../../lib/database/replicated-database';
import { SchemaMigration } from '../../../lib/database/schema-migration';
import { PlatformNetwork } from '../../../lib/network/platform-network';
import { fnIn } from './failure-classes/scenes';
import { newStack } from './support';

function scene() {
  const stack = newStack();
  const network = new PlatformNetwork(stack, 'Network', { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
  return { stack, network };
}

function instance(props: Partial<ReplicatedDatabaseProps> = {}) {
  const { stack, network } = scene();
  const database = new ReplicatedDatabase(stack, 'Database', { network, replicas: 0, managedOwnerPassword: true, ...props });
  return { stack, network, database, server: database.primary.node.defaultChild as rds.CfnDBInstance };
}

function cluster() {
  const { stack, network } = scene();
  const database = new MultiAzDatabaseCluster(stack, 'Database', { network, managedOwnerPassword: true });
  return { stack, network, database, server: database.cluster };
}

describe.each([
  ['an instance', instance, 'AWS::RDS::DBInstance', 'replicated database'],
  ['a cluster', cluster, 'AWS::RDS::DBCluster', 'multi-az database cluster'],
] as const)('of %s', (_, make, type, kind) => {
  test('RDS makes the password and its secret, and neither is in the template', () => {
    const template = Template.fromStack(make().stack);
    template.hasResourceProperties(type, {
      ManageMasterUserPassword: true,
      MasterUsername: 'cachement_owner',
      MasterUserPassword: Match.absent(),
    });
    // Those of the roles that read and write.
    template.resourceCountIs('AWS::SecretsManager::Secret', 3);
    template.resourceCountIs('AWS::SecretsManager::SecretTargetAttachment', 0);
  });

  test('the migration may read the secret that RDS made, and is told where it is', () => {
    const { stack, network, database, server } = make();
    new SchemaMigration(stack, 'Migration', { network, database });
    const template = Template.fromStack(stack);
    const arn = { 'Fn::GetAtt': [stack.getLogicalId(server), 'MasterUserSecret.SecretArn'] };
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ DATABASE_SECRET_ARN: arn }) },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Action: 'secretsmanager:GetSecretValue', Resource: arn })]),
      },
    });
  });

  test('fails when a function is to rotate it, too', () => {
    const { stack, network, database } = make();
    database.secretOf(DatabaseRole.OWNER).addRotationSchedule('Rotation', { rotationLambda: fnIn(stack, network) });
    expect(() => Template.fromStack(stack)).toThrow(
      `${kind}: 'managedOwnerPassword' must be left out where a function rotates the password, since RDS rotates the one that it manages, got: the rotation test/Database/ManagedOwnerSecret/Rotation/Resource; leave one of them out`,
    );
  });

  test('a function may rotate the password of another role', () => {
    const { stack, network, database } = make();
    database.secretOf(DatabaseRole.WRITER).addRotationSchedule('Rotation', { rotationLambda: fnIn(stack, network) });
    expect(() => Template.fromStack(stack)).not.toThrow();
  });
});

test('fails when RDS is to make replicas of a primary whose password it manages', () => {
  const message =
    "replicated database: 'managedOwnerPassword' needs 'replicas' 0, since RDS makes no replica of a primary whose password it manages, got: 1; set it to 0, take a MultiAzDatabaseCluster, or rotate 'secretOf(DatabaseRole.OWNER)' by a function of the network";
  expect(() => instance({ replicas: 1 })).toThrow(message);
  // One is what there is by default.
  expect(() => instance({ replicas: undefined })).toThrow(message);
});
