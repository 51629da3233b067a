import type { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DatabaseRole } from '../../lib/database/database-role';
import type { IReplicatedDatabase } from '../../lib/database/replicated-database-base';
import { SchemaMigration } from '../../lib/database/schema-migration';
import type { IPlatformNetwork } from '../../lib/network/platform-network';
import { addFunction, assertPoints } from './account-case';

/** Points of `verify:aws` that a client of a database sees. */
export const databasePoints = [
  "Does RDS take a role's password as a SCRAM verifier?",
  'May any role call `pg_control_checkpoint()` on RDS?',
];

/** Makes the roles of a database, and asserts what a client sees that signs in as one of them. */
export function addDatabaseClient(test: IntegTest, stack: Stack, network: IPlatformNetwork, database: IReplicatedDatabase): void {
  // Complete before anything is asserted: the assertions are a stack of their own.
  new SchemaMigration(stack, 'Migration', { network, database, logRemovalPolicy: RemovalPolicy.DESTROY });
  const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
  const client = addFunction(stack, 'database', { vpc: network.vpc, vpcSubnets });
  database.addClient(client, { role: DatabaseRole.READER, concurrency: 2 });
  assertPoints(test, client, databasePoints);
}
