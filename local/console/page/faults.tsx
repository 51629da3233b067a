import { useState } from 'preact/hooks';
import type { FaultRow, Figures, Load, Seen } from '../protocol';
import { duration } from './format';
import { Plot } from './plot';
import { Figure } from './purges';
import { call } from './server';
import { useLive } from './store';

/** View of faults that can be switched on, and of what viewers get meanwhile. */
export function Faults() {
  const { faults, figures, about } = useLive();
  if (!faults || !about) return <p class="empty">Reading the faults ...</p>;
  return (
    <>
      <LoadForm load={faults.load} paths={about.paths} />
      <Trouble figures={figures} />
      <section aria-labelledby="faults-title">
        <h2 id="faults-title">Faults</h2>
        <ul class="faults">
          {faults.faults.map((fault) => (
            <Fault key={fault.id} fault={fault} />
          ))}
        </ul>
      </section>
    </>
  );
}

function Fault({ fault }: { readonly fault: FaultRow }) {
  const { id, title, effect, kind, targets, state, seen, problem } = fault;
  const [chosen, choose] = useState<string>();
  const [refused, setRefused] = useState('');
  const [asked, setAsked] = useState(false);
  const target = fault.target ?? (chosen !== undefined && targets.includes(chosen) ? chosen : targets[0]);
  const isOn = state === 'on';
  const isChanging = state === 'changing' || asked;
  const toggle = async () => {
    // Not `disabled`: a button that is loses the keyboard's focus.
    if (isChanging) return;
    setAsked(true);
    setRefused('');
    try {
      await call('POST', '/api/faults', { id, on: !isOn, ...(target && { target }) });
    } catch (error) {
      setRefused((error as Error).message);
    }
    setAsked(false);
  };
  return (
    <li class={isOn ? 'on' : ''} data-fault={id} data-state={isChanging ? 'changing' : state}>
      <header>
        <h3 id={`fault-${id}`}>{title}</h3>
        {kind === 'switch' ? (
          <button
            type="button"
            role="switch"
            aria-checked={isOn}
            aria-labelledby={`fault-${id}`}
            aria-disabled={isChanging}
            onClick={() => void toggle()}
          >
            {isChanging ? '...' : isOn ? 'on' : 'off'}
          </button>
        ) : (
          <button type="button" aria-describedby={`fault-${id}`} disabled={isChanging || isOn} onClick={() => void toggle()}>
            Kill
          </button>
        )}
      </header>
      <p class="note">{effect}</p>
      {targets.length > 0 && (
        <label>
          Which{' '}
          <select value={target} disabled={state !== 'off'} onChange={(event) => choose(event.currentTarget.value)}>
            {(target && !targets.includes(target) ? [target, ...targets] : targets).map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
      {(refused || problem) && (
        <p class="problem" role="alert">
          {refused || problem}
        </p>
      )}
      {seen && <SeenBy seen={seen} />}
    </li>
  );
}

/** What viewers of the edge got under a fault. */
function SeenBy({ seen: { from, to, answers, errors, stale, pastFreshness, p95 } }: { readonly seen: Seen }) {
  return (
    <>
      <h4>
        {to === undefined ? 'Viewers now, since ' : 'Viewers then, for '}
        {duration((to ?? Date.now()) - from)}
      </h4>
      <dl class="figures">
        <Figure name="Answers" value={String(answers)} />
        <Figure name="Failed" value={String(errors)} bad={errors > 0} />
        <Figure name="Stale after a purge" value={String(stale)} />
        <Figure name="Past freshness" value={String(pastFreshness)} />
        <Figure name="p95" value={duration(p95)} />
      </dl>
    </>
  );
}

function Trouble({ figures }: { readonly figures: Figures | undefined }) {
  const history = figures?.history ?? [];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const all = history.map(({ answers }) => sum(answers));
  const stale = history.map((one) => one.stale);
  const errors = history.map((one) => one.errors);
  return (
    <Plot
      title="What viewers get, answers a second"
      summary={`in two minutes ${sum(all)} answers, ${sum(stale)} of them stale, ${sum(errors)} failed`}
      times={history.map(({ second }) => second)}
      series={[
        { label: 'answers', color: '--edge', values: all },
        { label: 'stale after a purge', color: '--memory', values: stale },
        { label: 'failed', color: '--bad', values: errors },
      ]}
      unit={(value) => (Number.isInteger(value) ? String(value) : '')}
    />
  );
}

function LoadForm({ load, paths }: { readonly load: Load; readonly paths: readonly string[] }) {
  const [text, setText] = useState(paths.join('\n'));
  const [perSecond, setPerSecond] = useState(20);
  const [problem, setProblem] = useState('');
  const post = async (path: string, body: unknown) => {
    try {
      await call('POST', path, body);
      setProblem('');
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const lines = text.split('\n').flatMap((line) => line.trim() || []);
    void post(load.running ? '/api/load/stop' : '/api/load', { paths: lines, perSecond, seconds: 300 });
  };
  return (
    <section aria-labelledby="load-title">
      <form class="load" onSubmit={submit}>
        <header>
          <h2 id="load-title">Traffic</h2>
          <p class="note">A fault shows in what viewers get, so there must be some. [1-100] is a number at random.</p>
        </header>
        <label class="grow">
          Paths of the edge, one a line
          <textarea rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <label>
          A second{' '}
          <input
            type="number"
            min="1"
            max="200"
            value={perSecond}
            onInput={(event) => setPerSecond(event.currentTarget.valueAsNumber)}
          />
        </label>
        <button type="submit">{load.running ? 'Stop sending' : 'Send for five minutes'}</button>
        <p class="note" role="status">
          {load.sent > 0 && `${load.sent} sent, ${load.failed} failed`}
        </p>
      </form>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}
