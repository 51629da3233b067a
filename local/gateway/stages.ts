import { AwsError, type Clock } from '../types';
import type { GatewayOptions } from './options';
import type { StageCacheEntry } from './stage-cache';
import { StageHandler, type StageServices, type StageStatistics } from './stage-handler';

/** Statistics of one stage. */
export interface StageStats {
  readonly restApiId: string;
  readonly stageName: string;
  readonly statistics: Readonly<StageStatistics>;
}

/** The stages of all REST APIs, by REST API id and stage name. */
export class Stages {
  readonly #handlers = new Map<string, StageHandler>();
  /** Cancels the flushes that were accepted and haven't taken effect. */
  readonly #pendingFlushes = new Set<() => void>();
  readonly #options: GatewayOptions;
  readonly #clock: Clock;

  constructor(options: GatewayOptions, services: StageServices) {
    this.#options = options;
    this.#clock = services.clock;
    for (const api of options.apis) {
      for (const stage of api.stages) this.#handlers.set(`${api.id}/${stage.name}`, new StageHandler(api, stage, services));
    }
  }

  find(restApiId: string, stageName: string): StageHandler | undefined {
    return this.#handlers.get(`${restApiId}/${stageName}`);
  }

  /** @throws {AwsError} `NotFoundException`. */
  get(restApiId: string, stageName: string): StageHandler {
    const stage = this.find(restApiId, stageName);
    if (!stage) throw new AwsError('NotFoundException', 'Invalid stage identifier specified', 404);
    return stage;
  }

  /** Empties a stage's cache after the delay of the options; at once without one. @throws {AwsError} `NotFoundException`. */
  flush(restApiId: string, stageName: string): void {
    const stage = this.get(restApiId, stageName);
    const delay = this.#options.flushDelayMilliseconds;
    if (!delay) {
      stage.flush();
      return;
    }
    const cancel = this.#clock.schedule(delay, () => {
      this.#pendingFlushes.delete(cancel);
      stage.flush();
    });
    this.#pendingFlushes.add(cancel);
  }

  stats(): StageStats[] {
    return this.#options.apis.flatMap((api) =>
      api.stages.map(({ name }) => ({
        restApiId: api.id,
        stageName: name,
        statistics: { ...this.get(api.id, name).statistics },
      })),
    );
  }

  /** Views of what the caches of all stages hold. */
  entries(): StageCacheEntry[] {
    return [...this.#handlers.values()].flatMap((stage) => stage.entries());
  }

  /** Cancels every timer. */
  dispose(): void {
    for (const cancel of this.#pendingFlushes) cancel();
    this.#pendingFlushes.clear();
    for (const stage of this.#handlers.values()) stage.dispose();
  }
}
