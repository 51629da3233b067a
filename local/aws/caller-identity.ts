import type { Caller, Environment, Operations } from '../types';
import type { Policies } from './policies';

/** `GetCallerIdentity` of STS, which needs no permission. */
export function identityOperations(policies: Policies, { account }: Pick<Environment, 'account'>): Operations {
  return {
    sts: {
      GetCallerIdentity: {
        input: {},
        action: 'sts:GetCallerIdentity',
        unrestricted: true,
        resources: () => [],
        handle: (_, caller: Caller) => ({
          Arn: caller.roleArn === undefined ? `arn:aws:iam::${account}:user/operator` : policies.sessionArn(caller),
          UserId:
            caller.roleArn === undefined ? 'AIDALOCALOPERATOR' : `AROALOCAL:${caller.functionArn?.split(':').pop() ?? 'local'}`,
          Account: account,
        }),
      },
    },
  };
}
