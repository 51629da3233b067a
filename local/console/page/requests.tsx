import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { ANSWERERS, type Answerer, type RequestRow, type Step, TIERS } from '../protocol';
import { age, clock, duration } from './format';
import { TIER_NAMES } from './tiers';

export const ANSWERER_NAMES: Readonly<Record<Answerer, string>> = { ...TIER_NAMES, origin: 'Origin', refused: 'Refused' };

const SHOWN = 60;

interface RequestsProps {
  readonly rows: readonly RequestRow[];
  readonly selected: RequestRow | undefined;
  readonly select: (row: RequestRow | undefined) => void;
  /** Purges that an answer may be from before, by its number. */
  readonly stale: ReadonlyMap<number, readonly string[]>;
}

/** The last requests, each with its path. The list stands still while one is selected. */
export function Requests({ rows, selected, select, stale }: RequestsProps) {
  const [text, setText] = useState('');
  const [by, setBy] = useState('');
  const [held, setHeld] = useState<readonly RequestRow[]>();
  const matching = (held ?? rows)
    .filter((row) => (by === '' || row.answeredBy === by) && (text === '' || searched(row).includes(text.toLowerCase())))
    .slice(-SHOWN)
    .reverse();
  const newer = held ? rows.filter(({ seq }) => seq > (held.at(-1)?.seq ?? 0)).length : 0;
  const choose = (row: RequestRow) => {
    select(row.seq === selected?.seq ? undefined : row);
    setHeld(held ?? rows);
  };
  const follow = () => {
    select(undefined);
    setHeld(undefined);
  };

  return (
    <section aria-labelledby="requests-title">
      <header class="bar">
        <h2 id="requests-title">Requests</h2>
        <label>
          Find{' '}
          <input
            type="search"
            value={text}
            placeholder="path, tag, key, id, trace"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          Answered by{' '}
          <select value={by} onChange={(event) => setBy(event.currentTarget.value)}>
            <option value="">any</option>
            {ANSWERERS.map((answerer) => (
              <option key={answerer} value={answerer}>
                {ANSWERER_NAMES[answerer]}
              </option>
            ))}
          </select>
        </label>
        <button type="button" aria-pressed={held !== undefined} onClick={() => (held ? follow() : setHeld(rows))}>
          {held ? `Follow (${newer} new)` : 'Hold'}
        </button>
      </header>
      {matching.length === 0 ? (
        <p class="empty">
          {rows.length === 0 ? 'No request yet: send one to the edge, and it is here.' : 'None of the last requests matches.'}
        </p>
      ) : (
        <table class="requests">
          <thead>
            <tr>
              <th scope="col" class="wide">
                Time
              </th>
              <th scope="col">Request</th>
              <th scope="col" class="wide">
                Status
              </th>
              <th scope="col">Answered by</th>
              <th scope="col" class="number wide">
                Age
              </th>
              <th scope="col" class="number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {matching.map((row) => {
              const open = row.seq === selected?.seq;
              return (
                <Fragment key={row.seq}>
                  <tr class={`${open ? 'open' : ''} ${row.status >= 500 ? 'failed' : ''}`}>
                    <td class="wide">{clock(row.at, true)}</td>
                    <td>
                      <button type="button" class="plain" aria-expanded={open} onClick={() => choose(row)}>
                        <b>{row.method}</b> {row.url}
                      </button>
                    </td>
                    <td class="wide">{row.status}</td>
                    <td>
                      <Answered by={row.answeredBy} />
                      {stale.has(row.seq) && <span class="stale-mark">stale</span>}
                    </td>
                    <td class="number wide">{row.madeAt === undefined ? '–' : age(row.at - row.madeAt)}</td>
                    <td class="number">{duration(row.ms)}</td>
                  </tr>
                  {open && (
                    <tr class="detail">
                      <td colSpan={6}>
                        <Detail row={row} purges={stale.get(row.seq) ?? []} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Name of whoever answered, with the colour of its tier. */
export function Answered({ by }: { readonly by: Answerer }) {
  return (
    <span class="answered" style={{ '--tier': `var(--${by})` }}>
      {ANSWERER_NAMES[by]}
    </span>
  );
}

function searched({ method, url, tags, steps, id, traceId = '' }: RequestRow): string {
  return [method, url, id, traceId, ...tags, ...steps.map(({ key }) => key ?? '')].join(' ').toLowerCase();
}

/** The path of a request: each tier that it came to, how long it took there, and why it went on. */
function Detail({ row, purges }: { readonly row: RequestRow; readonly purges: readonly string[] }) {
  const reached = row.steps.map(({ at }) => at);
  const beyond = TIERS.filter((tier) => !reached.includes(tier) && (tier !== 'edge' || row.asked === 'edge'));
  const key = row.steps.find((step) => step.key)?.key;
  return (
    <div class="path">
      <ol class="steps" aria-label="Path of the request">
        {row.steps.map((step) => (
          <StepLine key={step.at} step={step} total={row.ms} />
        ))}
        {beyond.length > 0 && (
          <li class="beyond">not asked: {beyond.map((tier) => TIER_NAMES[tier].toLowerCase()).join(', ')}</li>
        )}
      </ol>
      <dl class="facts">
        <dt>Status</dt>
        <dd>{row.status}</dd>
        <dt>Asked</dt>
        <dd>
          {row.asked} at {clock(row.at, true)}
        </dd>
        <dt>Content</dt>
        <dd>
          {row.madeAt === undefined
            ? 'made by no function'
            : row.madeAt >= row.at
              ? 'made for this request'
              : `made ${age(row.at - row.madeAt)} before`}
        </dd>
        <dt>Key</dt>
        <dd>{key ? <code>{key}</code> : 'in no cache'}</dd>
        <dt>Tags</dt>
        <dd>
          {row.tags.length === 0
            ? 'none'
            : row.tags.map((tag) => (
                <a key={tag} class="tag" href={`#/entries?tag=${encodeURIComponent(tag)}`}>
                  {tag}
                </a>
              ))}
        </dd>
        {purges.length > 0 && (
          <>
            <dt>Stale</dt>
            <dd>
              may be from before purge <code>{purges.join(', ')}</code>
            </dd>
          </>
        )}
        <dt>Cache-Status</dt>
        <dd>{row.cacheStatus ? <code>{row.cacheStatus}</code> : 'not sent'}</dd>
        <dt>Request id</dt>
        <dd>
          <code>{row.id}</code>
        </dd>
        <dt>Trace</dt>
        <dd>{row.traceId ? <code>{row.traceId}</code> : 'none: no function that was seen made the content'}</dd>
      </dl>
      <details>
        <summary>{row.headers.length} headers, as the origin sent them</summary>
        <dl class="facts headers">
          {row.headers.map(([name, value], index) => (
            <Fragment key={index}>
              <dt>{name}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </Fragment>
          ))}
        </dl>
      </details>
    </div>
  );
}

function StepLine({ step, total }: { readonly step: Step; readonly total: number }) {
  const { at, outcome, why, ms, afterMs = 0, id, name } = step;
  const left = total > 0 ? Math.min(1, Math.max(0, afterMs / total)) : 0;
  const width = total > 0 && ms !== undefined ? Math.min(1 - left, ms / total) : 0;
  return (
    <li style={{ '--tier': `var(--${at})` }}>
      <span class="name">{at === 'function' ? 'Function' : TIER_NAMES[at]}</span>
      <span class={`outcome ${outcome}`}>{outcome}</span>
      <span class="why">
        {why}
        {at === 'function' && name && (
          <>
            {why ? ' · ' : ''}
            <a href={`#/logs?function=${encodeURIComponent(name)}${id ? `&find=${id}` : ''}`}>{name}</a>
          </>
        )}
      </span>
      <span class="span" aria-hidden="true">
        {ms !== undefined && <i style={{ left: `${left * 100}%`, width: `max(2px, ${width * 100}%)` }} />}
      </span>
      <span class="took">{ms === undefined ? '' : duration(ms)}</span>
    </li>
  );
}
