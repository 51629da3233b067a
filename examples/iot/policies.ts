import { Validations } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { CachingPlatform, ScheduledRefresh } from 'cachement';
import type { IConstruct } from 'constructs';

/** Packs of cdk-nag that have a rule in the same words. */
const NIST_AND_HIPAA = ['NIST.800.53.R5', 'HIPAA.Security'];

/**
 * Findings of cdk-nag's packs that are right, and accepted, for a function behind the API: each with the control that is there
 * instead. A new finding isn't in here, and stops the synthesis once a pack is added to the app:
 * `Validations.of(app).addPlugins(new AwsSolutionsChecks(app))`.
 */
export function acknowledgeFunction(client: lambda.Function): void {
  // copied: each template is an app of its own, whole.
  const managed = (policy: string) => `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/${policy}]`;
  acknowledge(
    client,
    [managed('AWSLambdaBasicExecutionRole'), managed('AWSLambdaVPCAccessExecutionRole')],
    'what Lambda itself needs, as AWS keeps it: to write a log, and to place the function in the network, which has no way to these APIs',
  );
  acknowledge(
    client,
    NIST_AND_HIPAA.map((pack) => `${pack}-IAMNoInlinePolicy`),
    'the policy belongs to one role of one function, and is made, changed and deleted with it',
  );
  acknowledge(
    client,
    ['Serverless-LambdaDLQ', ...NIST_AND_HIPAA.map((pack) => `${pack}-LambdaDLQ`)],
    'API Gateway calls it, and hands its failure to whoever asked; or a schedule does, whose next call does the same work: nothing is lost',
  );
  // copied: each template is an app of its own, whole.
  acknowledge(
    client,
    NIST_AND_HIPAA.map((pack) => `${pack}-LambdaConcurrency`),
    'an account must keep 100 unreserved, and a new one has 10: reserving would stop its deployment. Throttling of the API bounds it',
  );
  acknowledge(
    client,
    ['Serverless-LambdaTracing'],
    'each response says in Cache-Status and Server-Timing what every tier did, and in which time; the stage of the API is traced',
  );
}

/** The same, of a schedule. */
export function acknowledgeSchedule({ deadLetters }: ScheduledRefresh): void {
  acknowledge(
    deadLetters,
    ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    'it is the queue of what was not delivered: nothing reads it, so nothing fails to, and there is no queue behind it',
  );
}

/** The same, of a platform for a trial: remove it together with `removalPolicy`, and set `deletionProtection`. */
export function acknowledgeTrial({ database }: CachingPlatform): void {
  acknowledge(
    database,
    ['AwsSolutions-RDS10', ...NIST_AND_HIPAA.map((pack) => `${pack}-RDSInstanceDeletionProtectionEnabled`)],
    'for a trial: its devices are in schema/, and nothing is to be left behind when the stack goes',
  );
}

function acknowledge(construct: IConstruct, rules: readonly string[], reason: string): void {
  Validations.of(construct).acknowledge(...rules.map((id) => ({ id, reason })));
}
