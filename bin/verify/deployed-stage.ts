import type { Stacks, StacksOptions } from '../../cli/stacks';
import { signedHeaders } from '../../lambdas/platform/http/signature';
import type { DeployedStage } from './stage-probes';

/** Stage of this account that is deployed under its name, such as `dev`. */
export function deployedStage(
  stage: string,
  stacks: Stacks,
  { region, credentials }: Pick<StacksOptions, 'region' | 'credentials'>,
): DeployedStage {
  return {
    resources: (stack) => stacks.resources(`cachement-${stage}-${stack}`),
    async health() {
      const base = (await stacks.outputs(`cachement-${stage}-api`)).get('GatewayUrl');
      if (!base) throw new Error(`stack 'cachement-${stage}-api' has no output 'GatewayUrl'; deploy it again`);
      const url = new URL('health', base);
      const headers = signedHeaders(url, { region, credentials, service: 'execute-api', now: new Date() });
      const response = await fetch(url, { headers });
      if (!response.ok) throw new Error(`/health was answered with ${response.status}`);
      return (await response.json()) as Awaited<ReturnType<DeployedStage['health']>>;
    },
  };
}
