import type { Operation, Operations } from '../types';
import type { PatchOperation } from './refresh-guards';
import type { Stages } from './stages';

interface UpdateStageInput {
  readonly restApiId: string;
  readonly stageName: string;
  readonly patchOperations?: readonly PatchOperation[];
}

interface FlushStageCacheInput {
  readonly restApiId: string;
  readonly stageName: string;
}

/** API Gateway's API: what concerns a stage's cache. */
export function gatewayOperations(stages: Stages, region: string): Operations {
  const stageArn = (restApiId: string, stageName: string) =>
    `arn:aws:apigateway:${region}::/restapis/${restApiId}/stages/${stageName}`;
  const flushStageCache: Operation<FlushStageCacheInput> = {
    input: { restApiId: 'text', stageName: 'text' },
    required: ['restApiId', 'stageName'],
    action: 'apigateway:DELETE',
    resources: ({ restApiId, stageName }) => [`${stageArn(restApiId, stageName)}/cache/data`],
    handle({ restApiId, stageName }) {
      stages.flush(restApiId, stageName);
      return {};
    },
  };
  const updateStage: Operation<UpdateStageInput> = {
    input: {
      restApiId: 'text',
      stageName: 'text',
      patchOperations: { list: { structure: { op: 'text', path: 'text', value: 'text', from: 'text' } } },
    },
    required: ['restApiId', 'stageName'],
    action: 'apigateway:PATCH',
    resources: ({ restApiId, stageName }) => [stageArn(restApiId, stageName)],
    handle({ restApiId, stageName, patchOperations = [] }) {
      stages.get(restApiId, stageName).refreshGuards.patch(patchOperations);
      return { stageName };
    },
  };
  return { apigateway: { FlushStageCache: flushStageCache, UpdateStage: updateStage } };
}
