import { App, Duration, Stack } from 'aws-cdk-lib';
import { connectionBudgetProblem, RESERVED_CONNECTIONS } from '../../../lib/database/connection-budget';
import { DatabaseRole } from '../../../lib/database/database-role';
import { ReplicatedDatabase } from '../../../lib/database/replicated-database';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { PlatformNetwork } from '../../../lib/network/platform-network';

const user = (concurrency: number, poolSize = 1) => ({ name: 'Reader', concurrency, poolSize });

test('every environment may have its whole pool', () => {
  expect(connectionBudgetProblem([], 20)).toBeUndefined();
  expect(connectionBudgetProblem([user(10)], 10 + RESERVED_CONNECTIONS)).toBeUndefined();
  expect(connectionBudgetProblem([user(5, 2)], 10 + RESERVED_CONNECTIONS)).toBeUndefined();
});

test('fails when concurrency x pool size is more than the server accepts, and says whose', () => {
  expect(connectionBudgetProblem([user(11)], 10 + RESERVED_CONNECTIONS)).toContain('got: 11 (Reader 11 x 1)');
  expect(connectionBudgetProblem([user(4, 2), user(3)], 10 + RESERVED_CONNECTIONS)).toContain(
    "must be at most 'maxConnections' less 10 (10), got: 11 (Reader 4 x 2, Reader 3 x 1); lower a concurrency or pool size",
  );
});

function synthesize(concurrency: number, maxConnections: number): void {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'test');
  const network = new PlatformNetwork(stack, 'Network');
  const database = new ReplicatedDatabase(stack, 'Database', { network, maxConnections });
  const client = new PlatformFunction(stack, 'Reader', {
    bundle: 'topology',
    description: 'Reads',
    timeout: Duration.seconds(3),
    concurrency,
    vpc: network.vpc,
  });
  database.addClient(client, { role: DatabaseRole.READER, poolSize: 2 });
  app.synth();
}

test('fails at synth when the functions of a database need more connections than it accepts', () => {
  expect(() => synthesize(20, 50)).not.toThrow();
  expect(() => synthesize(21, 50)).toThrow(/got: 42 \(Reader 21 x 2\)/);
});
