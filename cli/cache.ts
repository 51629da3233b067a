import { administrationRoutes } from '../lib/route';
import { type Command, UsageError } from './arguments';
import { explaining } from './aws-faults';
import { type Connection, connect } from './platform';

const HELP = `Shows what is in the shared tier, and purges entries by name. The app needs a CacheAdministration.

  npx cachement cache stats                      memory, names, hits and evictions of each shard
  npx cachement cache keys PATTERN               names of entries, such as place/1/4*
  npx cachement cache inspect NAME [--value]     one entry: state, age, tags, fence; its value only with --value
  npx cachement cache purge PATTERN [--expire]   dry run: how many entries, what it costs, and a token
  npx cachement cache purge --token TOKEN        purge the entries of that dry run, in every tier
  npx cachement cache purge --everything NAMESPACE
  npx cachement cache purges                     who purged what by hand

  --stack NAME     deployed stack of the platform, whose outputs name the rest
  --api URL        base URL of the API, with its stage; or CACHEMENT_API
  --help           show this text

Without these it speaks to the platform that \`cachement dev\` runs in this folder.
`;

const OPTIONS = {
  value: { type: 'boolean', default: false },
  expire: { type: 'boolean', default: false },
  token: { type: 'string' },
  everything: { type: 'string' },
  stack: { type: 'string' },
  api: { type: 'string' },
} as const;

interface Stats {
  readonly shards: readonly Readonly<Record<string, number | string>>[];
  readonly purgesWaiting: number;
}

interface DryRun {
  readonly entries: number;
  readonly examples: readonly string[];
  readonly paths: number;
  readonly usdAtMost: number;
  readonly token: string;
  readonly expiresAt: string;
}

interface HandPurge {
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly executedAt?: string;
  readonly pattern?: string;
  readonly tags?: readonly string[];
  readonly entries: number;
}

/** `cachement cache`. @param connection - of a test; otherwise what the options name */
export function cacheCommand(connection?: Connection): Command<typeof OPTIONS> {
  return {
    help: HELP,
    options: OPTIONS,
    words: 2,
    run: ({ values, words: [verb, word] }, { out }) =>
      explaining(async () => {
        const platform = connection ?? connect(values);
        const { stats, entries, keys, purges } = administrationRoutes;
        const { token, everything } = values;
        const mode = values.expire ? 'expire' : 'delete';
        if (verb === 'stats' && word === undefined) {
          const { shards, purgesWaiting } = await platform.call<Stats>('GET', stats.path);
          out(table(shards));
          out(`purges that wait: ${purgesWaiting}`);
        } else if (verb === 'keys' && word !== undefined) {
          for (let cursor: string | undefined = ''; cursor !== undefined; ) {
            const query: URLSearchParams = new URLSearchParams({ pattern: word, ...(cursor && { cursor }) });
            const page = await platform.call<{ names: string[]; cursor?: string }>('GET', `${keys.path}?${query}`);
            if (page.names.length > 0) out(page.names.join('\n'));
            cursor = page.cursor;
          }
        } else if (verb === 'inspect' && word !== undefined) {
          const query = new URLSearchParams({ name: word, ...(values.value && { value: 'true' }) });
          out(JSON.stringify(await platform.call('GET', `${entries.path}?${query}`), undefined, 2));
        } else if (verb === 'purge' && [word, token, everything].filter((each) => each !== undefined).length === 1) {
          if (word !== undefined) {
            const dry = await platform.call<DryRun>('POST', purges.path, { pattern: word, mode });
            out(`${dry.entries} entries, such as ${dry.examples.slice(0, 5).join(', ')}`);
            out(`${dry.paths} paths at the edge and the gateway, ${dry.usdAtMost} USD at most`);
            out(`until ${dry.expiresAt}: npx cachement cache purge --token ${dry.token}`);
          } else {
            const body = token === undefined ? { everything, mode } : { token };
            const { purgeIds } = await platform.call<{ purgeIds: string[] }>('POST', purges.path, body);
            out(purgeIds.length > 0 ? purgeIds.join('\n') : 'purged; only the shared tier had them');
          }
        } else if (verb === 'purges' && word === undefined) {
          const { purges: list } = await platform.call<{ purges: HandPurge[] }>('GET', purges.path);
          out(list.length > 0 ? list.map(line).join('\n') : 'nothing was purged by hand');
        } else
          throw new UsageError(
            "'cache' must be followed by stats, keys PATTERN, inspect NAME, purge or purges; --help says more",
          );
      }),
  };
}

/** Columns of what each row has. */
function table(rows: Stats['shards']): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => text(row[name])))];
  const widths = names.map((_, i) => Math.max(...cells.map((line) => (line[i] as string).length)));
  return cells.map((line) => line.map((cell, i) => cell.padStart(widths[i] as number)).join('  ')).join('\n');
}

const text = (value: number | string | undefined): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value);

function line({ requestedAt, requestedBy, executedAt, pattern, tags, entries }: HandPurge): string {
  const what = pattern === undefined ? (tags ?? []).join(',') : `${pattern} (${entries} entries)`;
  return `${requestedAt}  ${requestedBy}  ${what}  ${executedAt ? `purged ${executedAt}` : 'dry run'}`;
}
