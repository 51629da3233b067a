import { customResource } from '../runtime/custom-resource';
import { environment } from '../runtime/environment';
import { requireRefreshAuthorization } from '../runtime/stage-settings';

/** Says of a stage what CloudFormation can't, whenever the stage is deployed anew. */
export const handler = customResource({
  physicalResourceId: 'cachement-stage-settings',
  run: async () => {
    const methods = environment.cachedMethods;
    await requireRefreshAuthorization({ restApiId: environment.restApiId, stageName: environment.apiStageName, methods });
    return { methods: methods.length };
  },
});
