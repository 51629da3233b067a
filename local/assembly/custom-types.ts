import { own } from '../own';
import { ACCEPTED } from './accepted';

/**
 * Custom resources that CDK itself provides, whose functions call APIs of AWS that are not run here, with what to do instead.
 * Those that make no difference are among {@link ACCEPTED}.
 */
const PROVIDED: Readonly<Record<string, string>> = {
  'Custom::AWS': 'it calls any AWS API; write a function of your own',
  'Custom::CDKBucketDeployment':
    'bucket deployments are not run here; StaticSite copies the files of a site, and a custom resource of your own any other',
  'Custom::LogRetention': 'create the log group in the template and set its retention',
  'Custom::CrossRegionExportWriter': 'use a weak reference (Fn::GetStackOutput)',
  'Custom::CrossRegionExportReader': 'use a weak reference (Fn::GetStackOutput)',
  'Custom::S3BucketNotifications': 'bucket notifications are not run here',
  'Custom::EC2-Key-Pair': 'key pairs are not run here',
};

/** Handlers of CDK's provider framework, which hands over to Step Functions. */
const FRAMEWORK_HANDLER = /^framework\./;

/** True of the name of a custom resource's type. */
export function isCustomType(type: string): boolean {
  return type === 'AWS::CloudFormation::CustomResource' || type.startsWith('Custom::');
}

/** True of custom resources that are made by invoking their function. */
export function isExecuted(type: string): boolean {
  return isCustomType(type) && own(ACCEPTED, type) === undefined;
}

/**
 * Reason why a custom resource can't be run here; undefined where it can.
 * @param handler of the function behind `ServiceToken`; undefined where that is not a function of the assembly.
 */
export function whyNotExecuted(type: string, handler: string | undefined): string | undefined {
  const provided = own(PROVIDED, type);
  if (provided) return `a custom resource that CDK provides and that is not run here: ${provided}`;
  if (handler === undefined)
    return "its ServiceToken is not a function of the template; only a function's Arn can be invoked here";
  if (FRAMEWORK_HANDLER.test(handler))
    return "a custom resource of CDK's provider framework; answer ResponseURL from the function itself";
  return undefined;
}
