import { parseArgs } from 'node:util';
import type { PurgeReport } from '../lib/contract/purge-report';
import { checkPurge, describePurge } from './dry-run';
import { type Connection, connect } from './platform';
import { loadRoutes } from './routes';
import { formatList, formatReport } from './show';

const HELP = `Purges, and says what purges did.

  cachement purge --tag TAG [--tag TAG ...] [--path PATH ...] [options]
      --expire         make entries stale instead of removing them
      --prompt         outer tiers at once, and again after the drain
      --urgent         go whatever the budget says
      --dry-run        only say what it would touch and cost
      --routes FILE    module that exports your routes, for --dry-run; or CACHEMENT_ROUTES
      --wait           show each step until the edge is done
  cachement purges list [--from TIME] [--to TIME]       by time of the commit; the last hour by default
  cachement purges show PURGE_ID
  cachement purges replay --from TIME [--to TIME]       purge again what was purged then

  --bus NAME           event bus of the platform; or CACHEMENT_BUS
  --api URL            base URL of the API, with its stage; or CACHEMENT_API

Credentials and region are those of the AWS SDK; with AWS_ENDPOINT_URL it speaks to a platform on this machine.
`;

/** Streams that text is written to; tests have their own. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

const terminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
};

/** How often `--wait` asks, in milliseconds. */
const ASK_EVERY_MS = 500;

/** How long `--wait` asks: the edge takes 25 s at P95, and a lost message costs a sweep or two. */
const WAIT_MS = 300_000;

/** Runs one command. @returns the exit code: 0 done, 1 failed, 2 not understood. */
export async function main(words: string[], { out, error } = terminal, connection?: Connection): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(words);
  } catch (problem) {
    error(`${(problem as Error).message}\n\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help || positionals.length === 0) {
    out(HELP);
    return values.help ? 0 : 2;
  }
  try {
    const [command, verb, id] = positionals;
    const platform = () => connection ?? connect({ bus: values.bus, api: values.api });
    if (command === 'purge' && positionals.length === 1) return await purge(values, platform, { out, error });
    if (command === 'purges' && verb === 'list') {
      out(formatList(await platform().list(time('--from', values.from), time('--to', values.to))));
      return 0;
    }
    if (command === 'purges' && verb === 'show' && id) {
      const report = await platform().show(id);
      if (!report) throw new Error(`there is no purge ${id}`);
      out(formatReport(report));
      return 0;
    }
    if (command === 'purges' && verb === 'replay') {
      const from = time('--from', values.from);
      if (!from) throw new RangeError("'--from' is needed, such as --from 2026-11-21T10:00:00Z");
      const to = time('--to', values.to) ?? new Date();
      await platform().replay(from, to);
      out(`asked for a replay of what was committed from ${from.toISOString()} to ${to.toISOString()}`);
      return 0;
    }
    error(`there is no command '${positionals.join(' ')}'\n\n${HELP}`);
    return 2;
  } catch (problem) {
    error((problem as Error).message);
    return 1;
  }
}

function parse(words: string[]) {
  return parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      tag: { type: 'string', multiple: true, default: [] },
      path: { type: 'string', multiple: true, default: [] },
      expire: { type: 'boolean', default: false },
      prompt: { type: 'boolean', default: false },
      urgent: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      routes: { type: 'string' },
      wait: { type: 'boolean', default: false },
      from: { type: 'string' },
      to: { type: 'string' },
      bus: { type: 'string' },
      api: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
}

async function purge(values: ReturnType<typeof parse>['values'], platform: () => Connection, { out }: Terminal): Promise<number> {
  const { tag: tags, path: paths, expire, prompt, urgent } = values;
  checkPurge({ tags, paths });
  if (values['dry-run']) {
    const file = values.routes ?? process.env.CACHEMENT_ROUTES;
    out(describePurge({ tags, paths }, file ? await loadRoutes(file) : undefined));
    return 0;
  }
  const connection = platform();
  const purgeId = await connection.purge({ tags, paths, mode: expire ? 'expire' : 'delete', prompt, urgent });
  out(purgeId);
  return values.wait ? wait(connection, purgeId, out) : 0;
}

async function wait(connection: Connection, purgeId: string, out: Terminal['out']): Promise<number> {
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
    if (report?.completedAt) {
      out(`${report.completedAt}  complete, ${report.commitToFreshMs} ms after the commit`);
      return 0;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  throw new Error(`purge ${purgeId} is not complete after ${WAIT_MS / 1000} s; look at: cachement purges show ${purgeId}`);
}

/** @throws {RangeError} that quotes the option. */
function time(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new RangeError(`'${option}' must be a time as in ISO 8601, got: '${text}'`);
  return date;
}
