import type { Acknowledgement } from './review';
import { INLINE, NETWORK_INTERFACES, NO_TRACE, UNRESERVED } from './shared-reasons';

const both = (rule: string) => [`NIST.800.53.R5-${rule}`, `HIPAA.Security-${rule}`];

const FUNCTION = { 'shared/FlushWorker/Resource': 'function that flushes queued writes' };
const ROLE = { 'shared/FlushWorkerRole/Resource': 'the role of the function that flushes' };
const POLICY = { 'shared/FlushWorkerRole/DefaultPolicy/Resource': 'the policy of the function that flushes' };
const QUEUE = { 'shared/Flusher/Undelivered/Resource': "the queue of a flusher's calls that weren't delivered" };

/** Findings of a flusher of queued writes, which is in one preset. */
export const FLUSHER_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  { rules: both('IAMNoInlinePolicy'), resources: { ...ROLE, ...POLICY }, because: INLINE },
  {
    rules: ['AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions'],
    resources: ROLE,
    because: NETWORK_INTERFACES,
  },
  { rules: ['Serverless-LambdaTracing'], resources: FUNCTION, because: NO_TRACE },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: FUNCTION,
    because: 'is called by a schedule, whose event says nothing: what a run has not flushed stays queued, and the next finds it',
  },
  {
    rules: both('LambdaConcurrency'),
    resources: FUNCTION,
    because: `${UNRESERVED}: a schedule, once a minute, and the kicks of writers, which share one`,
  },
  {
    rules: ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    resources: QUEUE,
    because: 'is where undelivered calls are kept: nothing reads it, so nothing fails to, and there is no queue behind it',
  },
].map((each) => ({ ...each, presets: ['platform'] }));
