import { useEffect, useState } from 'preact/hooks';
import type { Messages, RequestRow } from '../protocol';
import { streamUrl } from './server';

/** Rows that the page keeps. */
const KEPT_ROWS = 500;

/** Everything that the stream has told. */
export interface State extends Partial<Omit<Messages, 'rows' | 'stale' | 'log'>> {
  readonly connected: boolean;
  /** The oldest first. */
  readonly rows: readonly RequestRow[];
  /** Purges that a request's answer may be from before, by its number. */
  readonly stale: ReadonlyMap<number, readonly string[]>;
}

let state: State = { connected: false, rows: [], stale: new Map() };
const listeners = new Set<() => void>();
let scheduled = false;

function set(change: Partial<State>): void {
  state = { ...state, ...change };
  // One rendering for all messages that come at once.
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    for (const listener of listeners) listener();
  });
}

/** Query of the address, for a view that has something to look for. */
export interface ViewProps {
  readonly query: URLSearchParams;
}

/** The state, and a rendering whenever it changes. */
export function useLive(): State {
  const [, render] = useState(0);
  useEffect(() => {
    const listener = () => render((count) => count + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return state;
}

/** Connects to the stream; the browser connects again by itself, except to a platform that was started anew. */
export function connect(): void {
  const source = new EventSource(streamUrl('/api/stream'));
  source.onopen = () => set({ connected: true });
  source.onerror = () => {
    set({ connected: false });
    // Refused, not lost: this page's token is of an earlier start.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 2000);
  };
  const on = <Name extends keyof Messages>(name: Name, take: (data: Messages[Name]) => void) =>
    source.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)));
  on('about', (about) => set({ about }));
  on('figures', (figures) => set({ figures }));
  on('engines', (engines) => set({ engines }));
  on('ledger', (ledger) => set({ ledger }));
  on('pipes', (pipes) => set({ pipes }));
  on('faults', (faults) => set({ faults }));
  on('stale', (requests) => {
    const stale = new Map(state.stale);
    for (const { seq, purgeId } of requests) stale.set(seq, [...(stale.get(seq) ?? []), purgeId]);
    for (const seq of stale.keys()) if (stale.size > KEPT_ROWS) stale.delete(seq);
    set({ stale });
  });
  on('rows', (rows) => {
    // Sent again after the stream was lost.
    const last = state.rows.at(-1)?.seq ?? 0;
    set({ rows: [...state.rows, ...rows.filter(({ seq }) => seq > last)].slice(-KEPT_ROWS) });
  });
}
