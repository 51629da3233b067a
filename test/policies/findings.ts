import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, type NagPack, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { sample } from '../../bin/sample';
import cdkJson from '../../cdk.json';
import { addCachement } from '../../lib/stacks/app';
import type { StageConfig } from '../../lib/stacks/stage';
import { CachementChecks } from './cachement-checks';

/** A rule that a resource doesn't keep. */
export interface Finding {
  readonly rule: string;
  /** Path of the construct, with its stack as it is in any stage: `network/Network/Vpc/Resource`. */
  readonly resource: string;
  readonly description: string;
}

/** An app of one preset. With `validate`, the CDK's own rules are checked when it is synthesized; warnings count, as cdk.json says. */
export function appOf(config: StageConfig, validate = false): { app: App; stacks: Stack[] } {
  const app = new App({
    context: cdkJson.context,
    analyticsReporting: false,
    builtinCloudFormationValidation: validate,
  });
  return { app, stacks: addCachement(app, { ...sample, config }) };
}

/** What the CDK's own rules say of a synthesized app, warnings too, which would not stop it. */
export function reportedBy(directory: string): string[] {
  const report = JSON.parse(fs.readFileSync(path.join(directory, 'validation-report.json'), 'utf8'));
  // biome-ignore lint/suspicious/noExplicitAny: the report has no published type
  return (report.pluginReports ?? []).flatMap((plugin: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: the report has no published type
    (plugin.violations ?? []).map((violation: any) => `${violation.ruleName}: ${violation.description}`),
  );
}

/** Every finding of every pack, acknowledged or not. */
export function findingsOf(app: App, config: StageConfig): Finding[] {
  const packs: NagPack[] = [
    new AwsSolutionsChecks(),
    new ServerlessChecks(),
    new NIST80053R5Checks(),
    new HIPAASecurityChecks(),
    new CachementChecks(),
  ];
  const prefix = `cachement-${config.name}-`;
  return packs.flatMap((pack) =>
    pack.validateScope(app).violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({
        rule: ruleName.replaceAll(`cachement-${config.name}`, 'cachement-STAGE'),
        resource: constructPath
          .replaceAll(`cachement${config.name}`, 'cachementSTAGE')
          .slice(prefix.length)
          .replace(/(Queue)[0-9A-F]{8}/, '$1'),
        description,
      })),
    ),
  );
}
