import type { PurgeReport } from '../lib/contract/purge-report';
import { type Command, type Terminal, time, UsageError } from './arguments';
import { explaining } from './aws-faults';
import { checkPurge, describePurge } from './dry-run';
import { type Connection, connect } from './platform';
import { loadRoutes } from './routes';
import { formatList, formatReport } from './show';

/** Options of every command that speaks to a platform, with their help. */
const PLATFORM = { stack: { type: 'string' }, bus: { type: 'string' }, api: { type: 'string' } } as const;
const PLATFORM_HELP = `  --stack NAME     deployed stack of the platform, whose outputs name the rest
  --bus NAME       event bus of the platform; or CACHEMENT_BUS
  --api URL        base URL of the API, with its stage; or CACHEMENT_API
  --help           show this text

Without these it speaks to the platform that \`cachement dev\` runs in this folder. Otherwise credentials and region are those of
the AWS SDK.
`;

const PURGE_HELP = `Purges tags and paths in every tier, from the inside out.

  npx cachement purge --tag TAG [--tag TAG ...] [--path PATH ...] [options]

  --tag TAG        whatever carries this tag, such as product:1; may be given again
  --path PATH      whatever is served at this path, at the gateway and the edge; may be given again
  --expire         make entries stale instead of removing them
  --prompt         outer tiers at once, and again after the drain
  --urgent         go whatever the budget says
  --dry-run        only say what it would touch and cost
  --routes FILE    module that exports your routes, for --dry-run; or CACHEMENT_ROUTES
  --wait           show each step until the edge is done, which takes about 10 s: the inner tiers drain before the outer ones go
${PLATFORM_HELP}`;

const PURGES_HELP = `Says what purges did, and repeats them.

  npx cachement purges list [--from TIME] [--to TIME]      by time of the commit; the last hour by default
  npx cachement purges show PURGE_ID
  npx cachement purges replay --from TIME [--to TIME]      purge again what was purged then

${PLATFORM_HELP}`;

/** How often `--wait` asks, in milliseconds. */
const ASK_EVERY_MS = 500;

/** How long `--wait` asks: the edge takes 25 s at P95, and a lost message costs a sweep or two. */
const WAIT_MS = 300_000;

const PURGE_OPTIONS = {
  tag: { type: 'string', multiple: true, default: [] as string[] },
  path: { type: 'string', multiple: true, default: [] as string[] },
  expire: { type: 'boolean', default: false },
  prompt: { type: 'boolean', default: false },
  urgent: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  routes: { type: 'string' },
  wait: { type: 'boolean', default: false },
  ...PLATFORM,
} as const;

/** `cachement purge`. @param connection - of a test; otherwise what the options name */
export function purgeCommand(connection?: Connection): Command<typeof PURGE_OPTIONS> {
  return {
    help: PURGE_HELP,
    options: PURGE_OPTIONS,
    run: ({ values }, { out }) =>
      explaining(async () => {
        const { tag: tags, path: paths, expire, prompt, urgent } = values;
        checkPurge({ tags, paths });
        if (values['dry-run']) {
          const file = values.routes ?? process.env.CACHEMENT_ROUTES;
          out(describePurge({ tags, paths }, file ? await loadRoutes(file) : undefined));
          return;
        }
        const platform = connection ?? connect(values);
        const purgeId = await platform.purge({ tags, paths, mode: expire ? 'expire' : 'delete', prompt, urgent });
        out(purgeId);
        if (values.wait) await wait(platform, purgeId, out);
      }),
  };
}

const PURGES_OPTIONS = { from: { type: 'string' }, to: { type: 'string' }, ...PLATFORM } as const;

/** `cachement purges`. @param connection - of a test; otherwise what the options name */
export function purgesCommand(connection?: Connection): Command<typeof PURGES_OPTIONS> {
  return {
    help: PURGES_HELP,
    options: PURGES_OPTIONS,
    words: 2,
    run: ({ values, words: [verb, id] }, { out }) =>
      explaining(async () => {
        const from = values.from === undefined ? undefined : time('--from', values.from);
        const to = values.to === undefined ? undefined : time('--to', values.to);
        const platform = connection ?? connect(values);
        if (verb === 'list' && id === undefined) out(formatList(await platform.list(from, to)));
        else if (verb === 'show' && id !== undefined) {
          const report = await platform.show(id);
          if (!report) throw new Error(`there is no purge ${id}`);
          out(formatReport(report));
        } else if (verb === 'replay' && id === undefined) {
          if (!from) throw new UsageError("'--from' is needed, such as --from 2026-11-21T10:00:00Z");
          const until = to ?? new Date();
          await platform.replay(from, until);
          out(`asked for a replay of what was committed from ${from.toISOString()} to ${until.toISOString()}`);
        } else throw new UsageError("'purges' must be followed by list, show PURGE_ID or replay --from TIME");
      }),
  };
}

async function wait(connection: Connection, purgeId: string, out: Terminal['out']): Promise<void> {
  const shown = new Set<string>();
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline) {
    const report: PurgeReport | undefined = await connection.show(purgeId);
    for (const { step, acceptedAt, at } of report?.steps ?? []) {
      for (const line of [acceptedAt && `${acceptedAt}  ${step} accepted`, at && `${at}  ${step}`]) {
        if (line && !shown.has(line)) out(line);
        if (line) shown.add(line);
      }
    }
    if (report?.completedAt) return out(`${report.completedAt}  complete, ${report.commitToFreshMs} ms after the commit`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new Error(`purge ${purgeId} is not complete after ${WAIT_MS / 1000} s; look at: cachement purges show ${purgeId}`);
}
