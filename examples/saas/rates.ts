import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { connectionFromEnvironment, Problem } from 'cachement/functions';
import { Upstream, UpstreamUnavailable } from 'cachement/patterns/upstream';
import { days, hours, seconds } from 'cachement/route';
import { Cache, RedisStore } from 'cachement/runtime';
import { TimeVersions } from 'cachement/runtime/versions/time';

/** Rate of a currency, as the upstream says it. */
export interface Rate {
  readonly currency: string;
  readonly perEuro: number;
}

/** Request to the function that calls the upstream. */
export interface UpstreamRequest {
  readonly currency: string;
  readonly etag?: string | undefined;
}

/** Its answer. */
export interface UpstreamReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Exchange rates: one call an hour and currency, whoever asks, and at most a thousand a day. */
export function ratesOf() {
  const upstream = new Upstream({
    // A cache of its own: the database's would hold a transaction while somebody else is asked.
    cache: new Cache({ shared: new RedisStore(connectionFromEnvironment()), source: new TimeVersions({ primary: undefined }) }),
    connection: connectionFromEnvironment('state'),
    name: 'rates',
    freshness: { memoryTtlSeconds: seconds(1), sharedTtlSeconds: hours(1), staleIfErrorSeconds: days(1) },
    budget: { calls: 1000, period: 'day' },
  });
  const lambda = new LambdaClient({});

  /** By a function outside of the network, since nothing in it reaches the internet. */
  const call = async (request: UpstreamRequest, abortSignal: AbortSignal) => {
    const invoked = new InvokeCommand({ FunctionName: process.env.UPSTREAM_FUNCTION, Payload: JSON.stringify(request) });
    const { Payload, FunctionError } = await lambda.send(invoked, { abortSignal });
    if (FunctionError || !Payload) throw new Error(`the upstream function failed: ${FunctionError}`);
    const { status, headers, body }: UpstreamReply = JSON.parse(Payload.transformToString());
    return { status, headers: new Headers(headers), json: async () => body };
  };

  /** @throws {Problem} 503, with the seconds after which to ask again. */
  return async (currency: string): Promise<Rate | undefined> => {
    try {
      return (await upstream.fetch<Rate>(currency, (signal, { etag }) => call({ currency, etag }, signal))).value;
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable)) throw error;
      throw new Problem(503, error.message, { 'retry-after': `${error.retryAfterSeconds}` });
    }
  };
}
