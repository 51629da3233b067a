import * as http from 'node:http';

/** Options of the generator: its argument, as JSON. */
export interface LoadRequest {
  /** URLs, taken in turn. */
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly concurrency: number;
  /** Ends after so many requests, or so many milliseconds, whichever is first. */
  readonly requests: number;
  readonly milliseconds: number;
}

/** Result of the generator. */
export interface LoadResult {
  readonly milliseconds: number;
  /** Latency of each response, in milliseconds. */
  readonly latencies: number[];
  /** Responses by their status, `X-Cache` and the first member of `Cache-Status`. */
  readonly answers: Record<string, number>;
}

/** Sends requests over kept connections, in a process of its own, so that it takes no time from the servers' event loops. */
async function run(load: LoadRequest): Promise<LoadResult> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: load.concurrency });
  const latencies: number[] = [];
  const answers: Record<string, number> = {};
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < load.requests && performance.now() - started < load.milliseconds) {
      const url = load.urls[next++ % load.urls.length] as string;
      const before = performance.now();
      const answer = await get(url, load.headers, agent);
      latencies.push(performance.now() - before);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, worker));
  const milliseconds = performance.now() - started;
  agent.destroy();
  return { milliseconds, latencies, answers };
}

function get(url: string, headers: LoadRequest['headers'], agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { agent, headers }, (response) => {
        response.resume();
        response.once('end', () => {
          const { 'x-cache': edge, 'cache-status': inner } = response.headers;
          resolve([response.statusCode, edge, String(inner ?? '').replace(/; ttl=\d+/g, '')].filter(Boolean).join(' | '));
        });
        response.once('error', reject);
      })
      .once('error', reject);
  });
}

process.once('message', (load: LoadRequest) => {
  run(load).then(
    (result) => process.send?.(result, () => process.exit(0)),
    (error: Error) => {
      console.error(error.message);
      process.exit(1);
    },
  );
});
