import { IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { MultiAzDatabaseCluster } from '../../lib/database/multi-az-database-cluster';
import { PlatformNetwork } from '../../lib/network/platform-network';
import { addDatabaseClient, databasePoints } from './database-case';

export const points = databasePoints;

export const app = new App();
const stack = new Stack(app, 'cachement-integ-database-cluster');
const network = new PlatformNetwork(stack, 'Network', {
  // Three of whichever region it is deployed to.
  availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())),
  removalPolicy: RemovalPolicy.DESTROY,
});
const database = new MultiAzDatabaseCluster(stack, 'Database', { network, removalPolicy: RemovalPolicy.DESTROY });
addDatabaseClient(new IntegTest(app, 'Cluster', { testCases: [stack] }), stack, network, database);

app.synth();
