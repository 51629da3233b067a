import type { Clock } from '../types';
import type { CallLog } from './call-log';
import type { Policies } from './policies';

/** Decides as these policies do, and puts what functions ask on record, for a product that is called past the endpoint. */
export function policiesOnRecord(
  policies: Policies,
  calls: CallLog,
  clock: Clock,
): Pick<Policies, 'authorize' | 'authorizeResource' | 'authorizeAnybody'> {
  return {
    authorize(question) {
      const decision = policies.authorize(question);
      const { caller, action, resource } = question;
      const [service = '', operation = ''] = action.split(':');
      if (caller.functionArn !== undefined) {
        calls.add({ time: clock.now(), service, operation, action, resources: [resource], ...decision }, caller);
      }
      return decision;
    },
    authorizeResource: (question) => policies.authorizeResource(question),
    authorizeAnybody: (question) => policies.authorizeAnybody(question),
  };
}
