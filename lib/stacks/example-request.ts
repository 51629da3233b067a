/** A request worth making first, shown after a deployment. */
export interface ExampleRequest {
  /** Names the output: letters only, upper case first. */
  readonly id: string;
  /** What it shows, in a few words. */
  readonly shows: string;
  /** Path with query string. */
  readonly path: string;
  /**
   * HTTP method.
   * @default 'GET'
   */
  readonly method?: string;
  /**
   * JSON to send.
   * @default - nothing
   */
  readonly body?: Record<string, unknown>;
}
