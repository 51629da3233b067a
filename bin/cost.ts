import { App } from 'aws-cdk-lib';
import { amount, DONE, type Given, runProcess, share, type Terminal } from '../cli/arguments';
import { places } from '../examples/places';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';
import { fixedCosts, type Line, type Priced, unpriced, usageCosts } from './estimate';
import { NOT_COUNTED } from './prices';

/** A price that is older than this, in days, is pointed out. */
const OLD_DAYS = 365;

const HELP = `A month of a stage in us-east-1, in USD, with the source of each price and its date.

  npm run cost -- --stage prod --requests 100000000 --edge-hits 0.9

  --stage NAME        local, dev or prod (prod)
  --requests N        requests at the edge in a month (0)
  --edge-hits S       share of them that the edge answers, 0 to 1 or 0% to 100% (0.9)
  --gateway-hits S    share of the rest that the gateway answers (0.5)
  --purged-tags N     tags that are purged in a month (0)
  --log-gb N          volume of logs in a month, in GB (0)
  --help              show this text
`;

const OPTIONS = {
  stage: { type: 'string', default: 'prod' },
  requests: { type: 'string', default: '0' },
  'edge-hits': { type: 'string', default: '0.9' },
  'gateway-hits': { type: 'string', default: '0.5' },
  'purged-tags': { type: 'string', default: '0' },
  'log-gb': { type: 'string', default: '0' },
} as const;

function run({ values }: Given<typeof OPTIONS>, { out }: Terminal): number {
  const traffic = {
    requests: amount('--requests', values.requests),
    edgeHits: share('--edge-hits', values['edge-hits']),
    gatewayHits: share('--gateway-hits', values['gateway-hits']),
    purgedTags: amount('--purged-tags', values['purged-tags']),
    logGb: amount('--log-gb', values['log-gb']),
    routes: places.routes.length,
  };
  const config = stageConfig(values.stage);
  const resources = resourcesOf(config);
  const lines = [
    ...fixedCosts(resources),
    ...usageCosts({ ...traffic, firewall: config.firewall }).filter(({ usd }) => usd > 0),
  ].sort((a, b) => b.usd - a.usd);
  for (const { usd, what, resource, price } of lines) {
    out(`${usd.toFixed(2).padStart(9)}  ${what}  (${resource})\n           ${sourceOf(price)}`);
  }
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  out(`${total.toFixed(2).padStart(9)}  USD a month for stage '${values.stage}' in us-east-1`);
  out(['Not counted:', ...unpriced(resources), ...NOT_COUNTED].join('\n  - '));
  return DONE;
}

function sourceOf({ usd, per, pricedAt, source, caveat }: Line['price']): string {
  const age = Math.floor((Date.now() - Date.parse(pricedAt)) / 86_400_000);
  const old = age > OLD_DAYS ? `, ${age} days old` : '';
  return `${usd} per ${per}, ${pricedAt}${old}: ${source}${caveat ? ` (${caveat})` : ''}`;
}

function resourcesOf(config: ReturnType<typeof stageConfig>): Map<string, Priced> {
  const app = new App({ builtinCloudFormationValidation: false, analyticsReporting: false });
  const stacks = addCachement(app, { ...places, config });
  const assembly = app.synth();
  return new Map(
    stacks.flatMap((stack) =>
      Object.entries<Priced>(assembly.getStackByName(stack.stackName).template.Resources ?? {}).map(
        ([id, resource]) => [`${stack.stackName}/${id}`, resource] as const,
      ),
    ),
  );
}

void runProcess({ help: HELP, options: OPTIONS, run });
