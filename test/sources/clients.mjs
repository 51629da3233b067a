import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';
import dynalite from 'dynalite';
import mysql from 'mysql2/promise';

/** Pool of a MariaDB server. */
export const mariaDbPool = (options) => mysql.createPool({ host: '127.0.0.1', ...options });

/** AWS's own client in front of dynalite, which checks and does what DynamoDB does, in memory. */
export async function startTable(TableName) {
  const server = dynalite({ createTableMs: 0 });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${server.address().port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'here', secretAccessKey: 'only' },
  });
  await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const documents = DynamoDBDocument.from(client);
  return {
    documents,
    dispose: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
