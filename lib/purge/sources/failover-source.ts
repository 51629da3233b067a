import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { TopologyReporter } from '../../operations/topology-reporter';
import type { ISharedCache } from '../../shared/shared-cache-base';
import type { IPurgePipeline, IPurgeSource } from './purge-source';

/** Whose failovers purge. */
export interface FailoverSourceOptions {
  /** A replication group; a serverless cache shows no nodes. */
  readonly shared: ISharedCache;

  /**
   * What happens to the log of the function that looks at the group.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/**
 * Purges again after a failover of the shared tier: its new primary may lack what the old one acknowledged. ElastiCache's events, and a
 * schedule, have the group looked at; where a shard has another primary than before, everything that was committed since the report before,
 * less the drain, is purged once more. A platform whose topology is reported already needs no such source.
 */
export class FailoverSource implements IPurgeSource {
  private reporter: TopologyReporter | undefined;

  constructor(private readonly options: FailoverSourceOptions) {}

  /** Events that nobody saw; undefined before the source is bound. */
  get deadLetters(): sqs.IQueue | undefined {
    return this.reporter?.deadLetters;
  }

  /** Connects the source with a pipeline; called once, by `addSource`. */
  bind(pipeline: IPurgePipeline, id: string): void {
    this.reporter = new TopologyReporter(pipeline, `Source${id}`, { ...this.options, bus: pipeline.bus });
  }
}
