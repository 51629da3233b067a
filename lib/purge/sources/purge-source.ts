import * as events from 'aws-cdk-lib/aws-events';
import type { IConstruct } from 'constructs';
import { EVENT_SOURCE, type EventType } from '../../contract/events';
import type { IReplicatedDatabase } from '../../database/replicated-database-base';
import type { IPlatformNetwork } from '../../network/platform-network';
import { tagProblem } from '../../route';
import type { IPurgeBus } from '../purge-bus';

/** Parts of a purge pipeline that a source connects itself with. */
export interface IPurgePipeline extends IConstruct {
  /** Database with the outbox, which writers become clients of. */
  readonly database: IReplicatedDatabase;

  /** Bus that purges are announced on. */
  readonly bus: IPurgeBus;

  /** Network of relay and invalidator. */
  readonly network: IPlatformNetwork;

  /**
   * Target of a rule whose events request purges.
   *
   * @param input event that the pipeline receives for each event of the rule.
   */
  submissionTarget(input: events.RuleTargetInput): events.IRuleTarget;
}

/** A source of purges. */
export interface IPurgeSource {
  /** Connects the source with a pipeline; called once, by `addSource`. */
  bind(pipeline: IPurgePipeline, id: string): void;
}

/** Purge that a source requests. */
export interface PurgeSourceOptions {
  /**
   * Tags, or templates of tags: `{detail.id}` is replaced by that field of the event.
   */
  readonly tags: string[];

  /**
   * True if entries become stale instead of misses.
   * @default false
   */
  readonly expire?: boolean;

  /**
   * True if outer tiers are purged at once, and again after the drain.
   * @default false
   */
  readonly prompt?: boolean;

  /**
   * True if the purge is exempt from the monthly budget of items.
   * @default false
   */
  readonly urgent?: boolean;
}

const FIELD = /\{([A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*)\}/g;

/**
 * Event that the pipeline receives, made by the rule from its event. The event's id becomes the purge's, so that an event that is
 * delivered twice is one purge.
 *
 * @throws {RangeError} where a template can't give a valid tag.
 */
export function submission({ tags, expire = false, prompt = false, urgent = false }: PurgeSourceOptions): events.RuleTargetInput {
  if (tags.length < 1 || tags.length > 50) throw new RangeError(`'tags' must be 1 to 50 tags, got: ${tags.length}`);
  for (const tag of tags) {
    const problem = tagProblem(tag.replace(FIELD, 'x'));
    if (problem || /[{}]/.test(tag.replace(FIELD, ''))) {
      throw new RangeError(
        `'tags' must be tags or templates such as 'product:{detail.id}'; ${problem ?? 'braces name a field of the event'}, got: '${tag}'`,
      );
    }
  }
  return events.RuleTargetInput.fromObject({
    source: EVENT_SOURCE,
    'detail-type': 'PurgeSubmitted' satisfies EventType,
    detail: {
      purgeId: events.EventField.eventId,
      tags: tags.map((tag) => tag.replace(FIELD, (_, path: string) => events.EventField.fromPath(`$.${path}`))),
      mode: expire ? 'expire' : 'delete',
      prompt,
      urgent,
    },
  });
}
