import { parseArgs } from 'node:util';
import { App } from 'aws-cdk-lib';
import { places } from '../examples/places';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';
import { fixedCosts, type Line, type Priced, usageCosts } from './estimate';

/** A price that is older than this, in days, is pointed out. */
const OLD_DAYS = 365;

/** `npm run cost -- --stage prod [--requests N --edge-hits 0.9 --gateway-hits 0.5 --purged-tags N]`: what a month costs. */
function main(): void {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'prod' },
      requests: { type: 'string', default: '0' },
      'edge-hits': { type: 'string', default: '0.9' },
      'gateway-hits': { type: 'string', default: '0.5' },
      'purged-tags': { type: 'string', default: '0' },
    },
  });
  const lines = [
    ...fixedCosts(resourcesOf(values.stage)),
    ...usageCosts({
      requests: Number(values.requests),
      edgeHits: Number(values['edge-hits']),
      gatewayHits: Number(values['gateway-hits']),
      purgedTags: Number(values['purged-tags']),
    }).filter(({ usd }) => usd > 0),
  ].sort((a, b) => b.usd - a.usd);
  for (const { usd, what, resource, price } of lines) {
    console.log(`${usd.toFixed(2).padStart(9)}  ${what}  (${resource})\n           ${sourceOf(price)}`);
  }
  const total = lines.reduce((sum, { usd }) => sum + usd, 0);
  console.log(`${total.toFixed(2).padStart(9)}  USD a month for stage '${values.stage}' in us-east-1`);
  console.log('Not counted: data transfer, logs by their volume, snapshots beyond what is free, taxes, and discounts.');
}

function sourceOf({ usd, per, pricedAt, source, caveat }: Line['price']): string {
  const age = Math.floor((Date.now() - Date.parse(pricedAt)) / 86_400_000);
  const old = age > OLD_DAYS ? `, ${age} days old` : '';
  return `${usd} per ${per}, ${pricedAt}${old}: ${source}${caveat ? ` (${caveat})` : ''}`;
}

function resourcesOf(stage: string): Map<string, Priced> {
  const app = new App({ builtinCloudFormationValidation: false, analyticsReporting: false });
  const stacks = addCachement(app, { ...places, config: stageConfig(stage) });
  const assembly = app.synth();
  return new Map(
    stacks.flatMap((stack) =>
      Object.entries<Priced>(assembly.getStackByName(stack.stackName).template.Resources ?? {}).map(
        ([id, resource]) => [`${stack.stackName}/${id}`, resource] as const,
      ),
    ),
  );
}

main();
