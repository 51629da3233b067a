import { AwsError, type Members, type Operations, type Shape } from '../../local/types';

/** Inputs that the handlers were given, by operation. */
export const inputs = new Map<string, unknown>();
const answers = (action: string, resource: string, operation: string, input: Members, output: unknown) => ({
  input,
  action,
  resources: () => [resource],
  handle: (input: unknown) => {
    inputs.set(operation, input);
    if (output instanceof Error) throw output;
    return output;
  },
});

export const NOW = new Date('2026-11-21T12:00:00.000Z');
export const BATCH = { CallerReference: 'r-1', Paths: { Quantity: 2, Items: ['/a&b*', '#tag:<1>'] } };
export const INVALIDATION = { Id: 'I1', Status: 'InProgress', CreateTime: NOW, InvalidationBatch: BATCH };

const ENTRY: Shape = {
  structure: { Source: 'text', DetailType: 'text', Detail: 'text', EventBusName: 'text', Time: 'time' },
};
const PATHS: Shape = { structure: { Quantity: 'number', Items: { list: 'text' } } };

export const operations: Operations = {
  events: {
    PutEvents: answers(
      'events:PutEvents',
      'bus',
      'PutEvents',
      { Entries: { list: ENTRY } },
      { FailedEntryCount: 0, Entries: [{ EventId: 'e' }] },
    ),
  },
  secretsmanager: {
    GetSecretValue: {
      input: { SecretId: 'text' },
      action: 'secretsmanager:GetSecretValue',
      resources: () => ['secret'],
      handle: ({ SecretId }) => {
        if (SecretId !== 'known') throw new AwsError('ResourceNotFoundException', 'no such secret');
        return { ARN: 'secret', SecretString: '{"password":"p"}', CreatedDate: NOW };
      },
    },
  },
  sqs: {
    SendMessage: answers(
      'sqs:SendMessage',
      'queue',
      'SendMessage',
      { MessageBody: 'text' },
      {
        MessageId: 'm',
        MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592',
      },
    ),
    GetQueueUrl: answers('sqs:GetQueueUrl', 'queue', 'GetQueueUrl', {}, new AwsError('QueueDoesNotExist', 'no such queue')),
  },
  elasticache: {
    DescribeReplicationGroups: {
      input: { ReplicationGroupId: 'text' },
      action: 'elasticache:DescribeReplicationGroups',
      resources: () => ['group'],
      handle: ({ ReplicationGroupId }) => {
        if (ReplicationGroupId === 'none') throw new AwsError('ReplicationGroupNotFoundFault', 'no such group', 404);
        return {
          ReplicationGroups: [
            {
              ReplicationGroupId,
              Status: 'available',
              MemberClusters: ['a-001', 'a-002'],
              ClusterEnabled: true,
              NodeGroups: [
                {
                  NodeGroupId: '0001',
                  Slots: '0-16383',
                  NodeGroupMembers: [{ CacheClusterId: 'a-001' }, { CacheClusterId: 'a-002' }],
                },
              ],
              ConfigurationEndpoint: { Address: 'localhost', Port: 6379 },
            },
          ],
        };
      },
    },
  },
  cloudfront: {
    CreateInvalidation: {
      input: { DistributionId: 'text', InvalidationBatch: { structure: { CallerReference: 'text', Paths: PATHS } } },
      action: 'cloudfront:CreateInvalidation',
      resources: () => ['distribution'],
      handle: (input) => {
        inputs.set('CreateInvalidation', input);
        if (input.DistributionId === 'none') throw new AwsError('NoSuchDistribution', 'no such distribution', 404);
        return { Location: 'https://cloudfront/I1', Invalidation: INVALIDATION };
      },
    },
    GetInvalidation: answers(
      'cloudfront:GetInvalidation',
      'distribution',
      'GetInvalidation',
      { DistributionId: 'text', Id: 'text' },
      { Invalidation: INVALIDATION },
    ),
    ListInvalidations: answers(
      'cloudfront:ListInvalidations',
      'distribution',
      'ListInvalidations',
      { DistributionId: 'text', MaxItems: 'number' },
      {
        InvalidationList: {
          Marker: '',
          MaxItems: 100,
          IsTruncated: false,
          Quantity: 1,
          Items: [{ Id: 'I1', CreateTime: NOW, Status: 'Completed' }],
        },
      },
    ),
  },
  apigateway: {
    FlushStageCache: answers(
      'apigateway:DELETE',
      'stage',
      'FlushStageCache',
      { restApiId: 'text', stageName: 'text' },
      undefined,
    ),
  },
};
