import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DONE, runProcess } from '../../cli/arguments';
import { Stacks } from '../../cli/stacks';
import { addressesOf } from './addresses';
import { BY_HAND } from './by-hand';
import { type Chosen, OPTIONS, planOf, type Values } from './command';
import { deployedStage } from './deployed-stage';
import { exitCodeOf, formatQuestions, formatVerdicts, outcomeOf, runProbes, type Verdict } from './probe';
import { PROBE_STACK } from './probe-stack';
import { Target } from './target';

const DEPLOY = 'npx cdk --app "node --import tsx bin/verify/app.ts"';

const HELP = `Asks AWS what its documentation leaves open, and compares it with what is assumed.

  npm run verify:aws -- --stage dev --yes

  --stage NAME   a deployed stage, whose stacks are read and whose /health is asked; nothing of it is changed
  --yes          go ahead: requests to, and invalidations and flushes of, the stack '${PROBE_STACK}' alone
  --only TEXT    probes whose id begins so
  --dry-run      say what would be done, and what has to be looked at by hand; asks nothing of AWS
  --help         show this text

Credentials and region come from where the AWS command line has them. Before: ${DEPLOY} deploy
Afterwards:    ${DEPLOY} destroy
It costs up to 20 invalidated items, and 0.02 USD an hour for the stage cache while the stack is there.
Exit code: 0 all is as assumed, 1 something is otherwise, 2 a probe failed or nothing was asked.
`;

/** Exit code where a probe failed, or nothing was asked. */
const NOT_FOUND_OUT = 2;

function dryRun({ ofStack, ofStage }: Chosen): string {
  const byHand = BY_HAND.map(({ question, why }) => `- ${question}\n    ${why}`).join('\n');
  return `${formatQuestions([...ofStack, ...ofStage])}\n\nBy hand:\n\n${byHand}\n`;
}

async function verify({ ofStack, ofStage, stage }: Chosen & { stage: string }): Promise<number> {
  const client = new EventBridgeClient({});
  const [credentials, region] = [await client.config.credentials(), await client.config.region()];
  const stacks = new Stacks({ region, credentials });
  const report = (verdict: Verdict) => process.stderr.write(`${outcomeOf(verdict).padEnd(10)}  ${verdict.probe.id}\n`);
  const verdicts = await runProbes(ofStage, deployedStage(stage, stacks, { region, credentials }), { report });
  if (ofStack.length > 0) {
    const outputs = await stacks.outputs(PROBE_STACK).catch((error: Error) => {
      throw new Error(
        /does not exist/.test(error.message) ? `${error.message}\nDeploy it first: ${DEPLOY} deploy` : error.message,
      );
    });
    const clients = {
      cloudfront: new CloudFrontClient({}),
      gateway: new APIGatewayClient({}),
      events: client,
      queues: new SQSClient({}),
    };
    const target = new Target({ ...addressesOf(outputs), region, credentials, clients });
    verdicts.push(...(await runProbes(ofStack, target, { report })));
  }
  process.stdout.write(`\n${formatVerdicts(verdicts)}\n`);
  return exitCodeOf(verdicts);
}

runProcess({
  help: HELP,
  options: OPTIONS,
  async run({ values }, { out, error }) {
    const plan = planOf(values as Values);
    if (plan.does === 'dry-run') {
      out(dryRun(plan).trimEnd());
      return DONE;
    }
    try {
      return await verify(plan);
    } catch (problem) {
      // 1 says that AWS is otherwise, and an error has found nothing out.
      error((problem as Error).message);
      return NOT_FOUND_OUT;
    }
  },
});
