import { useEffect, useState } from 'preact/hooks';
import { type EntryRow, type Entries as Found, TIERS } from '../protocol';
import { bytes, clock, duration } from './format';
import { call } from './server';
import type { ViewProps } from './store';
import { TIER_NAMES } from './tiers';

/** View of what each tier holds under a key or a tag. */
export function Entries({ query }: ViewProps) {
  const [by, setBy] = useState(query.has('key') ? 'key' : 'tag');
  const [text, setText] = useState(query.get('key') ?? query.get('tag') ?? '');
  const [found, setFound] = useState<Found>();
  const [problem, setProblem] = useState('');
  const place = query.toString();

  const look = async (search: string) => {
    try {
      setFound(await call<Found>('GET', `/api/entries?${search}`));
      setProblem('');
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  useEffect(() => {
    if (place !== '') void look(place);
  }, [place]);

  const submit = (event: Event) => {
    event.preventDefault();
    const search = new URLSearchParams({ [by]: text }).toString();
    // The same search again is no other place.
    if (search === place) void look(search);
    else location.hash = `#/entries?${search}`;
  };

  return (
    <section aria-labelledby="entries-title">
      <form class="bar" onSubmit={submit}>
        <h2 id="entries-title">Entries</h2>
        <label>
          By{' '}
          <select value={by} onChange={(event) => setBy(event.currentTarget.value)}>
            <option value="tag">tag</option>
            <option value="key">part of a key</option>
          </select>
        </label>
        <label class="grow">
          <span class="unseen">Tag or key</span>
          <input type="search" required value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit">Look in every tier</button>
      </form>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {!found && !problem && <p class="empty">A tag, or a part of a key, is looked for in every tier at once.</p>}
      {found && (
        <div role="status" class="tiers-found">
          {TIERS.map((tier) => (
            <TierEntries
              key={tier}
              name={TIER_NAMES[tier]}
              color={`var(--${tier})`}
              entries={found.found.filter((entry) => entry.tier === tier)}
              notes={found.notes.filter((note) => note.tier === tier).map((note) => note.text)}
            />
          ))}
        </div>
      )}
    </section>
  );
}

interface TierEntriesProps {
  readonly name: string;
  readonly color: string;
  readonly entries: readonly EntryRow[];
  readonly notes: readonly string[];
}

function TierEntries({ name, color, entries, notes }: TierEntriesProps) {
  return (
    <section class="found" style={{ '--tier': color }}>
      <h3>
        {name} <small>{entries.length === 0 ? 'nothing' : entries.length}</small>
      </h3>
      {notes.map((text) => (
        <p key={text} class="note">
          {text}
        </p>
      ))}
      {entries.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">State</th>
              <th scope="col" class="wide">
                Tags
              </th>
              <th scope="col" class="wide">
                Since
              </th>
              <th scope="col" class="number wide">
                Size
              </th>
              <th scope="col" class="wide">
                Where
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={`${entry.where} ${entry.key}`}>
                <td class="key">
                  <code>{entry.key}</code>
                </td>
                <td>
                  <Validity entry={entry} />
                </td>
                <td class="wide">{entry.tags.join(', ')}</td>
                <td class="wide time">{entry.storedAt === undefined ? '–' : clock(entry.storedAt)}</td>
                <td class="number wide">{entry.bytes === undefined ? '–' : bytes(entry.bytes)}</td>
                <td class="wide">
                  {entry.where}
                  {entry.note && entry.state !== 'other' ? `; ${entry.note}` : ''}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const STATE_CLASSES = { fresh: 'hit', stale: 'stale', purged: 'refused', other: '' } as const;

function Validity({ entry: { state, freshUntil, note } }: { readonly entry: EntryRow }) {
  if (state === 'other') return <>{note}</>;
  const left = freshUntil === undefined ? undefined : freshUntil - Date.now();
  return (
    <span class={`outcome ${STATE_CLASSES[state]}`}>
      {state}
      {state === 'fresh' && left !== undefined && ` for ${duration(Math.max(0, left))}`}
    </span>
  );
}
