import type { Cluster } from 'ioredis';
import type { Client } from 'pg';
import type { ProductSettings } from '../../local/products';
import type { EditableTemplate, TestPlatform } from '../../test/support/platform';
import type { Figure } from '../support/figures';
import type { LoadOptions, LoadResult } from './traffic';

/** A promised figure of a scenario; `figure` names it in the JSON, with dots where it lies within another. */
export interface Bar extends Omit<Figure, 'key'> {
  readonly figure: string;
  /** Bar at small size, where it is another one. A size without a bar shows the figure only. */
  readonly small?: Pick<Figure, 'atLeast' | 'atMost'> | 'none';
}

/** A use case that is loaded, and measured by what isn't part of it. */
export interface Scenario {
  /** Also the example's folder, unless {@link example} says another. */
  readonly name: string;
  readonly example?: string;
  /** Sentence on what happens, for the table. */
  readonly what: string;
  readonly bars: readonly Bar[];
  /** Context of the example's synthesis, on top of its `cdk.json`. @default - none */
  readonly context?: (size: ScenarioRun['size']) => Readonly<Record<string, unknown>>;
  /** What a template doesn't say, such as the time of an invalidation. @default - the platform's own */
  readonly settings?: ProductSettings;
  /** Changes the templates before the start. */
  readonly edit?: (template: EditableTemplate, stack: string) => void;
  /** True where its open loop may be given a rate. @default false */
  readonly hasRate?: boolean;
  /** Grows the example's small data to the size that is asked for, by SQL on the primary. */
  data?(run: ScenarioRun): Promise<void>;
  /** Plays it. @returns figures, with the names that bars have. */
  play(run: ScenarioRun): Promise<Record<string, unknown>>;
}

/** A running example, and those who count what happens in it. */
export interface ScenarioRun {
  readonly size: 'full' | 'small';
  readonly seed: number;
  /** 1, or 0.1 at small size. */
  readonly scale: number;
  /** Arrivals a second that `--rate` asks for. @default - the scenario's own */
  readonly rate: number | undefined;
  /** Base URLs. */
  readonly edge: string;
  readonly api: string;
  readonly platform: TestPlatform;
  /** The judge's own clients of the databases, as superuser; one standby. */
  readonly primary: Client;
  readonly standby: Client;
  /** Client of the shared tier, as the platform's own user. */
  readonly redis: Cluster;
  /** Client of the tier for state; the shared tier's, where the example has none of its own. */
  readonly state: Cluster;
  /** Shows progress. */
  note(text: string): void;
  /**
   * Queries of the functions' roles on primary and standbys that read the app's own tables, as PostgreSQL counts them.
   *
   * @param about what the text of a query must match, as a regular expression of PostgreSQL. @default - all of them
   */
  databaseReads(about?: string): Promise<number>;
  /** Commands that the nodes of the shared tier have run, by name. */
  sharedCommands(): Promise<Record<string, number>>;
  /** Invocations by the function's logical id. */
  invocations(): Record<string, number>;
  /** Resolves once every purge has reached the edge. */
  settle(): Promise<void>;
  /** Sends requests from a process of its own. */
  load<Args>(options: LoadOptions<Args>): Promise<LoadResult>;
}
