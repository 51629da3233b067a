import { customResource } from '../platform/custom-resource';
import { environment } from '../platform/environment';
import { requireRefreshAuthorization } from '../platform/refresh-authorization';

/** Sets on a stage what CloudFormation can't, whenever the stage is deployed anew. */
export const handler = customResource({
  physicalResourceId: 'cachement-stage-settings',
  run: async () => {
    const methods = environment.cachedMethods;
    await requireRefreshAuthorization({ restApiId: environment.restApiId, stageName: environment.apiStageName, methods });
    return { methods: methods.length };
  },
});
