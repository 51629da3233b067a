import * as fs from 'node:fs';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, type NagPack, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { CachementChecks } from './cachement-checks';
import type { Preset } from './presets';

/** Rule that a resource violates. */
export interface Finding {
  readonly rule: string;
  /** Path of the construct, with its stack as it is in any stage: `network/Network/Vpc/Resource`. */
  readonly resource: string;
  readonly description: string;
}

/** Findings of the CDK's own rules in a synthesized app, including warnings, which would not stop it. */
export function reportedBy(directory: string): string[] {
  const report = JSON.parse(fs.readFileSync(path.join(directory, 'validation-report.json'), 'utf8'));
  // biome-ignore lint/suspicious/noExplicitAny: the report has no published type
  return (report.pluginReports ?? []).flatMap((plugin: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: the report has no published type
    (plugin.violations ?? []).map((violation: any) => `${violation.ruleName}: ${violation.description}`),
  );
}

/** Every finding of every pack, acknowledged or not. */
export function findingsOf(app: App, preset: Pick<Preset, 'rule' | 'resource'>): Finding[] {
  const packs: NagPack[] = [
    new AwsSolutionsChecks(),
    new ServerlessChecks(),
    new NIST80053R5Checks(),
    new HIPAASecurityChecks(),
    new CachementChecks(),
  ];
  return packs.flatMap((pack) =>
    quietly(() => pack.validateScope(app)).violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath = '' }) => ({
        rule: preset.rule(ruleName),
        resource: preset.resource(constructPath),
        description,
      })),
    ),
  );
}

/**
 * Silences warnings of deprecated properties: rules of cdk-nag read some that this app doesn't set; the app itself is synthesized
 * before, with its warnings.
 */
function quietly<T>(act: () => T): T {
  const before = process.env.JSII_DEPRECATED;
  process.env.JSII_DEPRECATED = 'quiet';
  try {
    return act();
  } finally {
    if (before === undefined) delete process.env.JSII_DEPRECATED;
    else process.env.JSII_DEPRECATED = before;
  }
}
