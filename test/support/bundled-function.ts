import { type ChildProcess, spawn } from 'node:child_process';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';

/** Runs in the child: loads the bundle, and answers each event with what the handler gives or throws. */
const RUNNER = `
  const { handler } = require(process.argv[1]);
  process.on('message', async ({ id, event }) => {
    const context = { getRemainingTimeInMillis: () => 30000 };
    try { process.send({ id, result: await handler(event, context) }); }
    catch (error) { process.send({ id, error: String(error) }); }
  });
`;

/** A bundled function in a process of its own, as Lambda would run it. */
export class BundledFunction {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #sequence = 0;
  /** Standard output of the function. */
  output = '';

  /** @param bundle folder of the function in `assets`, such as `lambdas/relay`. */
  constructor(bundle: string, environment: Record<string, string>) {
    const file = path.resolve(__dirname, '../../assets', bundle, 'index.js');
    this.#child = spawn(process.execPath, ['-e', RUNNER, file], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_LAMBDA_FUNCTION_NAME: path.basename(bundle),
        ...environment,
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.#child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the function ended (${code}):\n${this.output}`));
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test knows what the function answers
  invoke(event: unknown): Promise<any> {
    const id = this.#sequence++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, event });
    });
  }

  async dispose(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
  }
}

/**
 * Part of AWS that functions need to start: secrets, a bus that accepts everything, and an endpoint for custom resources'
 * responses.
 */
export class AwsStub {
  /** Entries that were put on the bus. */
  readonly events: { DetailType: string; Detail: string }[] = [];
  /** Responses of custom resources. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it waits for
  readonly answers: any[] = [];
  readonly #server: http.Server;

  private constructor(secrets: Readonly<Record<string, unknown>>) {
    this.#server = http.createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const target = request.headers['x-amz-target'] ?? '';
      if (request.method === 'PUT') {
        this.answers.push(JSON.parse(body));
        response.end();
      } else if (target === 'secretsmanager.GetSecretValue') {
        const { SecretId } = JSON.parse(body);
        response.end(JSON.stringify({ ARN: SecretId, SecretString: JSON.stringify(secrets[SecretId]) }));
      } else if (target === 'AWSEvents.PutEvents') {
        const { Entries } = JSON.parse(body);
        this.events.push(...Entries);
        response.end(JSON.stringify({ FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) }));
      } else {
        response.statusCode = 400;
        response.end(JSON.stringify({ __type: 'UnknownOperationException' }));
      }
    });
  }

  static async start(secrets: Readonly<Record<string, unknown>>): Promise<AwsStub> {
    const stub = new AwsStub(secrets);
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async dispose(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
