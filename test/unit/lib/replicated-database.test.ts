import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as rds from 'aws-cdk-lib/aws-rds';
import { ReplicatedDatabase, type ReplicatedDatabaseProps } from '../../../lib/database/replicated-database';
import { newNetwork } from './support';

function database(props: Partial<ReplicatedDatabaseProps> = {}): Template {
  const { stack, network } = newNetwork();
  new ReplicatedDatabase(stack, 'Database', { network, ...props });
  return Template.fromStack(stack);
}

const primary = { SourceDBInstanceIdentifier: Match.absent() };

test('is encrypted, reachable by TLS on a port of its own, and not public', () => {
  const template = database();
  template.hasResourceProperties('AWS::RDS::DBInstance', {
    ...primary,
    StorageEncrypted: true,
    PubliclyAccessible: false,
    Port: '5433',
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    EnableIAMDatabaseAuthentication: true,
  });
  template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
    Family: 'postgres17',
    Parameters: { 'rds.force_ssl': '1', shared_preload_libraries: 'pg_stat_statements', max_connections: '200' },
  });
});

test('has as many replicas as asked for, with the parameters of the primary', () => {
  const template = database({ replicas: 2 });
  template.resourcePropertiesCountIs('AWS::RDS::DBInstance', { SourceDBInstanceIdentifier: Match.anyValue() }, 2);
  template.resourceCountIs('AWS::RDS::DBParameterGroup', 1);
});

test('outlives its stack unless told otherwise', () => {
  const template = database();
  template.allResources('AWS::RDS::DBInstance', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
});

test('is protected from deletion when asked, which a first deployment must not be', () => {
  database().allResourcesProperties('AWS::RDS::DBInstance', { DeletionProtection: false });
  database({ deletionProtection: true }).allResourcesProperties('AWS::RDS::DBInstance', { DeletionProtection: true });
});

test('replicas have the version of the primary, and go before it', () => {
  const later = rds.PostgresEngineVersion.of('17.10', '17');
  const versions = (template: Template) =>
    Object.values(template.findResources('AWS::RDS::DBInstance')).map(({ Properties }) => Properties.EngineVersion);
  expect(versions(database({ replicas: 1 }))).toEqual(['17.9', '17.9']);
  expect(versions(database({ replicas: 1, replicaVersion: later }))).toEqual(['17.9', '17.10']);
});

test('the password of no role is in the template', () => {
  expect(JSON.stringify(database().toJSON())).toContain('{{resolve:secretsmanager:');
  database().resourcePropertiesCountIs('AWS::SecretsManager::Secret', { SecretString: Match.absent() }, 4);
});

test('fails when there are replicas and no backups to make them from', () => {
  expect(() => database({ replicas: 1, backupRetention: Duration.days(0) })).toThrow(
    "replicated database: 'backupRetention' must be at least one day where there are replicas, which RDS makes from a backup, got: 0",
  );
  expect(() => database({ replicas: 0, backupRetention: Duration.days(0) })).not.toThrow();
});

test('fails when there are more replicas than RDS allows', () => {
  expect(() => database({ replicas: 16 })).toThrow("'replicas' must be 0 to 15, got: 16");
  expect(() => database({ replicas: -1 })).toThrow("'replicas' must be 0 to 15, got: -1");
});

test('fails when PostgreSQL is too old', () => {
  expect(() => database({ version: rds.PostgresEngineVersion.VER_16 })).toThrow(
    '\'version\' must be PostgreSQL 17 or newer, got: "16"',
  );
});
