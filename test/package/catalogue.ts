import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { startPostgres, WRITER } from '../support/postgres';
import { startRedisCluster } from '../support/redis-cluster';
import type { Project } from './project';

/** Answers `GetSecretValue` by the secret's name. */
async function startSecrets(secrets: Record<string, unknown>): Promise<{ readonly url: string; dispose(): void }> {
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { SecretId } = JSON.parse(text);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ Name: SecretId, SecretString: JSON.stringify(secrets[SecretId]) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, dispose: () => server.close() };
}

/** What the handler said to each event, in order. */
export type Answers = readonly { readonly product: { readonly price: number } | undefined; readonly tier: string }[];

/**
 * Runs the example's bundled handler on a real database and a real cluster: each list of events in a process of its own, one
 * after the other.
 *
 * @param bundle the script, from the project's folder.
 */
export async function runCatalogue(project: Project, bundle: string, runs: readonly (readonly unknown[])[]): Promise<Answers[]> {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedisCluster()]);
  const { place } = redis;
  const secrets = await startSecrets({ database: WRITER, shared: place.user });
  try {
    await postgres.migrate();
    await postgres.administrator.query(`CREATE TABLE product (id text PRIMARY KEY, price numeric NOT NULL);
      INSERT INTO product VALUES ('lamp', 20);
      GRANT SELECT, UPDATE ON product TO ${WRITER.username}`);
    const authorities = [fs.readFileSync(postgres.environment.NODE_EXTRA_CA_CERTS!, 'utf8'), place.tls!.ca].join('\n');
    const environment = {
      ...postgres.environment,
      NODE_EXTRA_CA_CERTS: project.write('authorities.pem', authorities),
      DATABASE_SECRET_ARN: 'database',
      SHARED_ENDPOINT: `${place.host}:${place.port}`,
      SHARED_SECRET_ARN: 'shared',
      CACHE_NAMESPACE: 'catalogue',
      AWS_ENDPOINT_URL: secrets.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const answers: Answers[] = [];
    for (const events of runs) {
      const script = `const { handler } = require(${JSON.stringify(project.path(bundle))});
        (async () => {
          const answers = [];
          for (const event of ${JSON.stringify(events)}) answers.push(await handler(event));
          console.log(JSON.stringify(answers));
          process.exit();
        })();`;
      answers.push(JSON.parse(await project.node('cjs', script, environment)));
    }
    return answers;
  } finally {
    secrets.dispose();
    await Promise.all([postgres.dispose(), redis.dispose()]);
  }
}
