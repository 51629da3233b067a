import { useEffect, useState } from 'preact/hooks';
import type { PurgeRow, PurgeStep, PurgeStepName } from '../protocol';
import { clock, duration } from './format';
import { useLive } from './store';

/** View of the ledger: each purge as a wave from the inside out. */
export function Purges() {
  const { ledger } = useLive();
  const [chosen, choose] = useState<string | null>();
  if (ledger === undefined) return <p class="empty">Reading the ledger ...</p>;
  if (ledger === null)
    return <p class="empty">No database of this template has a ledger of purges: the schema migration makes it.</p>;
  const { purges, outbox } = ledger;
  // The latest is open until somebody chooses.
  const open = chosen === undefined ? purges[0]?.id : chosen;
  const counted = purges.reduce((sum, { stale }) => sum + stale.count, 0);
  const late = purges.reduce((sum, { stale }) => sum + stale.afterCompletion, 0);
  const durations = purges.flatMap(({ completedAt, committedAt }) => (completedAt ? [completedAt - committedAt] : []));
  const longest = Math.max(...durations, 1000);
  return (
    <section aria-labelledby="purges-title">
      <h2 id="purges-title">
        Purges <small>the last {purges.length}</small>
      </h2>
      <dl class="figures">
        <Figure
          name="Outbox waiting"
          value={String(outbox.waiting)}
          note={outbox.oldestAt ? `since ${clock(outbox.oldestAt)}` : undefined}
        />
        <Figure name="Parked" value={String(outbox.parked)} bad={outbox.parked > 0} />
        <Figure
          name="Commit to fresh, median"
          value={duration(durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)])}
        />
        <Figure name="Stale answers meanwhile" value={String(counted)} />
        <Figure
          name="Stale after completion"
          value={String(late)}
          bad={late > 0}
          note={late > 0 ? 'there must be none' : undefined}
        />
      </dl>
      {purges.length === 0 && <p class="empty">No purge yet: commit a change with a row in the outbox, and its wave is here.</p>}
      <ol class="purges">
        {purges.map((purge) => (
          <li key={purge.id}>
            <button
              type="button"
              class="plain"
              aria-expanded={purge.id === open}
              onClick={() => choose(purge.id === open ? null : purge.id)}
            >
              <span class="what">{[...purge.tags, ...purge.paths].join(', ')}</span>
              <span class="state">
                {clock(purge.committedAt)} · {stateOf(purge)}
              </span>
            </button>
            {purge.id === open ? <Wave purge={purge} /> : <Strip purge={purge} longest={longest} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A number with its name. */
export function Figure({
  name,
  value,
  note,
  bad = false,
}: {
  name: string;
  value: string;
  note?: string | undefined;
  bad?: boolean;
}) {
  return (
    <div class={bad ? 'bad' : ''}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong> {note}
      </dd>
    </div>
  );
}

function stateOf(purge: PurgeRow): string {
  const { committedAt, completedAt, parkedAt, stale } = purge;
  const answers = stale.count > 0 ? ` · ${stale.count} stale ${stale.count === 1 ? 'answer' : 'answers'} meanwhile` : '';
  if (completedAt !== undefined) return `complete after ${duration(completedAt - committedAt)}${answers}`;
  if (parkedAt !== undefined) return `parked${answers}`;
  const next = LANES.find(({ done }) => done(purge) === undefined)?.name ?? 'the end';
  return `waits for ${next.toLowerCase()}${answers}`;
}

/** Stretch of the wave: from the end of the one before, or from `from`, to `done`. */
interface Lane {
  readonly name: string;
  readonly tier: string;
  readonly from?: (purge: PurgeRow) => number | undefined;
  readonly done: (purge: PurgeRow) => number | undefined;
  readonly note?: (purge: PurgeRow) => string | undefined;
}

const stepOf = (purge: PurgeRow, step: PurgeStepName): PurgeStep | undefined => purge.steps.find((each) => each.step === step);

/** The lanes from the inside out. */
const LANES: readonly Lane[] = [
  { name: 'Event on the bus', tier: 'function', done: (purge) => stepOf(purge, 'event')?.at },
  { name: 'Shared', tier: 'shared', done: (purge) => stepOf(purge, 'shared')?.at, note: () => 'purged' },
  {
    name: 'Memory',
    tier: 'memory',
    from: (purge) => stepOf(purge, 'shared')?.at,
    done: ({ drainedAt }) => drainedAt,
    note: () => 'drains: entries and requests on their way end',
  },
  {
    name: 'Stage cache',
    tier: 'gateway',
    done: (purge) => stepOf(purge, 'gateway')?.at,
    note: () => 'flushed, or its keys made anew',
  },
  {
    name: 'Edge',
    tier: 'edge',
    from: (purge) => stepOf(purge, 'gateway')?.at,
    done: (purge) => purge.completedAt ?? stepOf(purge, 'edge')?.at,
    note: ({ dropped, droppedAt, committedAt }) =>
      droppedAt === undefined
        ? undefined
        : `${dropped} ${dropped === 1 ? 'object' : 'objects'} dropped at ${duration(droppedAt - committedAt)}`,
  },
];

/** Lanes with their begin and end, as far as they have come. */
function lanesOf(purge: PurgeRow, now: number) {
  let last: number | undefined = purge.committedAt;
  return LANES.map((lane) => {
    const before: number | undefined = lane.from?.(purge) ?? last;
    const from = before !== undefined && before <= now ? before : undefined;
    const done = lane.done(purge);
    last = done;
    // A drain that is still going on ends in the future.
    const to = done === undefined ? now : Math.min(done, Math.max(now, purge.completedAt ?? 0));
    return { ...lane, from, done, to, isDone: done !== undefined && done <= now };
  });
}

function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, [isRunning]);
  return isRunning ? now : Date.now();
}

/** The whole wave of a purge: a lane for each tier, one after the other, and below what viewers got meanwhile. */
function Wave({ purge }: { readonly purge: PurgeRow }) {
  const { committedAt, completedAt, stale } = purge;
  const now = useNow(completedAt === undefined);
  const end = Math.max(completedAt ?? now, committedAt + 1000, ...stale.afterMs.map((ms) => committedAt + ms));
  const place = (time: number) => `${(100 * (time - committedAt)) / (end - committedAt)}%`;
  return (
    <div class="wave">
      <ol class="lanes" aria-label="Steps from the inside out">
        {lanesOf(purge, now).map(({ name, tier, from, to, isDone, done, note }) => (
          <li
            key={name}
            style={{ '--tier': `var(--${tier})` }}
            class={isDone ? 'done' : from === undefined ? 'waiting' : 'going'}
            data-step={name}
          >
            <span class="name">{name}</span>
            <span class="track" aria-hidden="true">
              {from !== undefined && to >= from && (
                <i style={{ left: place(from), width: `max(3px, ${(100 * (to - from)) / (end - committedAt)}%)` }} />
              )}
            </span>
            <span class="took">
              {isDone && done !== undefined ? duration(done - committedAt) : from === undefined ? '' : '...'}
            </span>
            <span class="why">{isDone || from !== undefined ? note?.(purge) : ''}</span>
          </li>
        ))}
        <li class="dots">
          <span class="name">Stale answers</span>
          <span class="track" aria-hidden="true">
            {stale.afterMs.map((ms, index) => (
              <b key={index} style={{ left: place(committedAt + ms) }} />
            ))}
          </span>
          <span class="took">{stale.count}</span>
          <span class="why">
            {stale.afterCompletion > 0
              ? `${stale.afterCompletion} after completion: there must be none`
              : 'of the edge, from before the change'}
          </span>
        </li>
      </ol>
      <dl class="facts">
        <dt>Id</dt>
        <dd>
          <code>{purge.id}</code>
        </dd>
        <dt>Tags</dt>
        <dd>
          {purge.tags.map((tag) => (
            <a key={tag} class="tag" href={`#/entries?tag=${encodeURIComponent(tag)}`}>
              {tag}
            </a>
          ))}
        </dd>
        {purge.paths.length > 0 && (
          <>
            <dt>Paths</dt>
            <dd>{purge.paths.join(', ')}</dd>
          </>
        )}
        <dt>Mode</dt>
        <dd>
          {purge.mode}
          {purge.prompt ? ', prompt' : ''}
        </dd>
        {purge.version && (
          <>
            <dt>Version</dt>
            <dd>
              <code>{purge.version}</code>
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

/** The wave in one line, on one scale with the others. */
function Strip({ purge, longest }: { readonly purge: PurgeRow; readonly longest: number }) {
  const { committedAt, completedAt } = purge;
  const now = useNow(completedAt === undefined);
  const scale = Math.max(longest, completedAt === undefined ? now - committedAt : 0);
  return (
    <span class="strip" aria-hidden="true">
      {lanesOf(purge, now).map(
        ({ name, tier, from, to }) =>
          from !== undefined &&
          to > from && (
            <i
              key={name}
              style={{
                background: `var(--${tier})`,
                left: `${(100 * (from - committedAt)) / scale}%`,
                width: `${(100 * (to - from)) / scale}%`,
              }}
            />
          ),
      )}
    </span>
  );
}
