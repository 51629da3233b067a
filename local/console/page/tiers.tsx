import { type About, type EngineState, type Figures, type RequestRow, TIERS, type Tier } from '../protocol';
import { duration, percent, rate } from './format';

export const TIER_NAMES: Readonly<Record<Tier, string>> = {
  edge: 'Edge',
  gateway: 'Stage cache',
  memory: 'Memory',
  shared: 'Shared',
  database: 'Database',
};

interface TiersProps {
  readonly about: About | undefined;
  readonly figures: Figures | undefined;
  readonly engines: readonly EngineState[];
  /** Its path is shown in the picture. */
  readonly selected: RequestRow | undefined;
}

/** The picture of the five tiers: what comes to each, what it answers, and what it sends on. */
export function Tiers({ about, figures, engines, selected }: TiersProps) {
  const entered = figures?.tiers[0]?.arrivedPerSecond || figures?.tiers[1]?.arrivedPerSecond || 0;
  return (
    <section aria-labelledby="tiers-title">
      <h2 id="tiers-title">
        Tiers <small>the last 10 seconds</small>
      </h2>
      <ol class="tiers">
        {TIERS.map((tier) => {
          const one = figures?.tiers.find((each) => each.tier === tier);
          const step = selected?.steps.find(({ at }) => at === tier);
          const share = entered > 0 ? Math.min(1, (one?.arrivedPerSecond ?? 0) / entered) : 0;
          return (
            <li
              key={tier}
              class={`tier ${selected ? (step ? 'reached' : 'passed-by') : ''}`}
              style={{ '--tier': `var(--${tier})`, '--share': share }}
            >
              <span class="flow" aria-hidden="true" />
              <article>
                <h3>{TIER_NAMES[tier]}</h3>
                <p class="where">{noteOf(tier, about, engines)}</p>
                <p class="hit">
                  <strong>{percent(one?.hitRatio)}</strong> answered here
                </p>
                <div class="meter" aria-hidden="true">
                  <i style={{ width: `${(one?.hitRatio ?? 0) * 100}%` }} />
                </div>
                <dl>
                  <dt>came</dt>
                  <dd>{rate(one?.arrivedPerSecond ?? 0)}</dd>
                  <dt>answered</dt>
                  <dd>{rate(one?.answeredPerSecond ?? 0)}</dd>
                  <dt>p50</dt>
                  <dd>{duration(one?.p50)}</dd>
                  <dt>p95</dt>
                  <dd>{duration(one?.p95)}</dd>
                </dl>
                {step && (
                  <p class={`outcome ${step.outcome}`}>
                    selected: <b>{step.outcome}</b>
                  </p>
                )}
              </article>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Place of the tier: its name in the template, and for engines their processes. */
function noteOf(tier: Tier, about: About | undefined, engines: readonly EngineState[]): string {
  const name = about?.tiers[tier];
  if (name === undefined) return about ? 'not in this template' : '';
  if (tier !== 'shared' && tier !== 'database') return name;
  const own = engines.filter(({ kind }) => (kind === 'redis') === (tier === 'shared'));
  const running = own.filter((engine) => engine.running).length;
  const behind = own.find(({ kind }) => kind === 'postgres-standby')?.note;
  return `${running} of ${own.length} processes run${behind ? `; standby ${behind}` : ''}`;
}
