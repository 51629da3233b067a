/** An HTTP API. */
export interface HttpApi {
  readonly id: string;
  /** `<id>.execute-api.<region>.amazonaws.com`. */
  readonly host: string;
  /** Stage variables by the stage's name; that of `$default` is part of no path. */
  readonly stages: ReadonlyMap<string, Readonly<Record<string, string>> | undefined>;
  readonly routes: readonly HttpRoute[];
}

/** A route of an HTTP API, with its integration. */
export interface HttpRoute extends HttpTarget {
  /** Such as `GET /things/{id}`, `ANY /{proxy+}` or `$default`. */
  readonly key: string;
  readonly payload: '1.0' | '2.0';
  readonly timeoutMilliseconds: number;
}

/** A function's own URL. */
export interface FunctionUrl extends HttpTarget {
  readonly id: string;
  /** `<id>.lambda-url.<region>.on.aws`. */
  readonly host: string;
}

/** A function behind a route or a URL, and who may call it. */
export interface HttpTarget {
  readonly functionArn: string;
  /** True where requests are signed. */
  readonly iam: boolean;
}
