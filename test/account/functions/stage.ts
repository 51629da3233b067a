import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { deployedStage } from '../../../bin/verify/deployed-stage';
import { STAGE_PROBES } from '../../../bin/verify/stage-probes';
import { Stacks } from '../../../cli/stacks';
import { outcome } from './outcome';

/** Runs one probe against the stage that the variable names. */
export async function handler({ point }: { readonly point: string }): Promise<string> {
  const { config } = new EventBridgeClient({});
  const signer = { region: await config.region(), credentials: await config.credentials() };
  return outcome(STAGE_PROBES, point, deployedStage(process.env.STAGE!, new Stacks(signer), signer));
}
