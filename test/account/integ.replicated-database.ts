import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ReplicatedDatabase } from '../../lib/database/replicated-database';
import { PlatformNetwork } from '../../lib/network/platform-network';
import { addDatabaseClient, databasePoints } from './database-case';

export const points = databasePoints;

export const app = new App();
const stack = new Stack(app, 'cachement-integ-database');
const network = new PlatformNetwork(stack, 'Network', { removalPolicy: RemovalPolicy.DESTROY });
const database = new ReplicatedDatabase(stack, 'Database', { network, removalPolicy: RemovalPolicy.DESTROY });
const test = new IntegTest(app, 'Database', { testCases: [stack] });
addDatabaseClient(test, stack, network, database);
test.assertions.awsApiCall('RDS', 'describeDBInstances', { DBInstanceIdentifier: database.primary.instanceIdentifier }).expect(
  ExpectedResult.objectLike({
    DBInstances: [{ DBInstanceStatus: 'available', StorageEncrypted: true, PubliclyAccessible: false }],
  }),
);

app.synth();
