import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, Stage, Validations } from 'aws-cdk-lib';
import { CachingPlatform } from 'cachement';
import { NagPack } from 'cdk-nag';
import { findingsOf } from '../policies/findings';

/**
 * What an app's constructs break and acknowledge; an app that is run in a process of its own, with the packages that it has
 * installed.
 */
export interface Listed {
  /** Findings, acknowledged or not, by the path of the construct. */
  readonly findings: readonly { readonly rule: string; readonly resource: string; readonly description: string }[];
  /** Acknowledgements of the app, by the path of the construct that has it. */
  readonly acknowledged: readonly { readonly rule: string; readonly construct: string; readonly reason: string }[];
  /** Paths of the app's platforms. */
  readonly platforms: readonly string[];
}

const [appFile, reportFile] = process.argv.slice(2) as [string, string];

// An acknowledged finding is wanted, too: an acknowledgement without one is to go.
(NagPack.prototype as unknown as { isAcknowledged: () => boolean }).isAcknowledged = () => false;

// The app makes its constructs and synthesizes them, as `cdk synth` has it do: it hands them over by that.
const { synth } = Stage.prototype;
Stage.prototype.synth = function (this: Stage, options) {
  const assembly = synth.call(this, options);
  if (this instanceof App) fs.writeFileSync(reportFile, JSON.stringify(list(this)));
  return assembly;
};
require(path.resolve(appFile));

function list(app: App): Listed {
  const constructs = app.node.findAll();
  return {
    findings: findingsOf(app, { rule: (name) => name, resource: (constructPath) => constructPath }),
    acknowledged: constructs.flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) =>
          Object.entries(data as Record<string, string>).map(([id, reason]) => ({
            rule: id.replace(/^annotation::/i, ''),
            construct: node.path,
            reason,
          })),
        )
        // Those of the CDK's own rules are looked at by the CDK.
        .filter(({ rule }) => !rule.startsWith('CloudFormation-Validate::')),
    ),
    platforms: constructs.filter((construct) => construct instanceof CachingPlatform).map(({ node }) => node.path),
  };
}
