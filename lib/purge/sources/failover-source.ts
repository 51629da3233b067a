import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { TopologyReporter } from '../../operations/topology-reporter';
import type { ISharedCache } from '../../shared/shared-cache-base';
import type { IPurgePipeline, IPurgeSource } from './purge-source';

/** Options of a FailoverSource. */
export interface FailoverSourceOptions {
  /** Shared tier that is a replication group; a serverless cache has no nodes. */
  readonly shared: ISharedCache;

  /**
   * Removal policy of the log of the function that describes the group.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/**
 * Source that repeats purges after a failover of the shared tier, whose new primary may lack writes that the old one
 * acknowledged. The group is described on ElastiCache's events and on a schedule; if the primary of a shard has changed,
 * everything that was committed since the last report, less the drain, is purged once more. A platform with a TopologyReporter
 * needs no such source.
 */
export class FailoverSource implements IPurgeSource {
  #reporter: TopologyReporter | undefined;
  readonly #options: FailoverSourceOptions;

  constructor(options: FailoverSourceOptions) {
    this.#options = options;
  }

  /** Queue of events that weren't delivered; undefined before the source is bound. */
  get deadLetters(): sqs.IQueue | undefined {
    return this.#reporter?.deadLetters;
  }

  /** Connects the source with a pipeline; called once, by `addSource`. */
  bind(pipeline: IPurgePipeline, id: string): void {
    this.#reporter = new TopologyReporter(pipeline, `Source${id}`, { ...this.#options, bus: pipeline.bus });
  }
}
