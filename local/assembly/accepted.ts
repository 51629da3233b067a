import type { Environment, Resource, ResourceType } from '../types';
import { physicalName, physicalUuid } from './names';

/** A type that is not run here because nobody could tell the difference. */
export interface AcceptedType extends Pick<ResourceType, 'ref' | 'attributes'> {
  /** Reason why it makes no difference on one machine. */
  readonly reason: string;
}

const arn = (environment: Environment, service: string, rest: string) =>
  `arn:aws:${service}:${environment.region}:${environment.account}:${rest}`;

const nameOf = (property?: string) => (resource: Resource) => physicalName(resource, property);

const webAclArn = (resource: Resource, environment: Environment) => {
  const scope = resource.properties.Scope === 'CLOUDFRONT' ? 'global' : 'regional';
  return arn(environment, 'wafv2', `${scope}/webacl/${physicalName(resource, 'Name')}/${physicalUuid(resource)}`);
};

const topicArn = (resource: Resource, environment: Environment) =>
  arn(environment, 'sns', `${physicalName(resource, 'TopicName')}${resource.properties.FifoTopic ? '.fifo' : ''}`);

const keyArn = (resource: Resource, environment: Environment) => arn(environment, 'kms', `key/${physicalUuid(resource)}`);

const ALARMS = 'what it watches is measured by CloudWatch, which does not run here; nothing reacts to an alarm';
const UNPUBLISHED =
  'nothing publishes here: alarms are not raised and failovers of the local engines are not announced; SNS promises no arrival either';
const SCALING = 'sizes stay as the template sets them; there is no load here that a size would follow';
const DNS = 'names are not looked up here: the platform prints the addresses of this machine';
const FIREWALL = 'the loopback interface has one visitor; requests are not filtered';

/** Types that are accepted and not run, each with its reason. Everything in them is read by nobody. */
export const ACCEPTED: Readonly<Record<string, AcceptedType>> = {
  'AWS::CDK::Metadata': { reason: 'usage analytics of the CDK', ref: nameOf() },

  'AWS::KMS::Key': {
    reason: 'encryption at rest is invisible to whoever may read; nothing here leaves the machine',
    ref: physicalUuid,
    attributes: { Arn: keyArn, KeyId: physicalUuid },
  },
  'AWS::KMS::Alias': { reason: 'a name of a key, and keys are not used here', ref: nameOf('AliasName') },

  'AWS::Logs::LogGroup': {
    reason: 'logs become files in the state directory and last until the next start',
    ref: nameOf('LogGroupName'),
    attributes: {
      Arn: (resource, environment) => arn(environment, 'logs', `log-group:${physicalName(resource, 'LogGroupName')}:*`),
    },
  },
  'AWS::Logs::ResourcePolicy': { reason: 'it lets AWS services write logs; here they are files', ref: nameOf('PolicyName') },
  'AWS::Logs::MetricFilter': { reason: ALARMS, ref: nameOf('FilterName') },
  'AWS::Logs::QueryDefinition': { reason: 'a saved query of the console', ref: nameOf('Name') },

  'AWS::CloudWatch::Alarm': {
    reason: ALARMS,
    ref: nameOf('AlarmName'),
    attributes: {
      Arn: (resource, environment) => arn(environment, 'cloudwatch', `alarm:${physicalName(resource, 'AlarmName')}`),
    },
  },
  'AWS::CloudWatch::CompositeAlarm': {
    reason: ALARMS,
    ref: nameOf('AlarmName'),
    attributes: {
      Arn: (resource, environment) => arn(environment, 'cloudwatch', `alarm:${physicalName(resource, 'AlarmName')}`),
    },
  },
  'AWS::CloudWatch::Dashboard': { reason: 'a page of the console', ref: nameOf('DashboardName') },

  'AWS::SNS::Topic': {
    reason: UNPUBLISHED,
    ref: topicArn,
    attributes: { TopicArn: topicArn, TopicName: nameOf('TopicName') },
  },
  'AWS::SNS::TopicPolicy': { reason: UNPUBLISHED, ref: nameOf() },
  'AWS::SNS::Subscription': { reason: UNPUBLISHED, ref: topicArn },

  'AWS::WAFv2::WebACL': {
    reason: FIREWALL,
    ref: (resource) =>
      `${physicalName(resource, 'Name')}|${physicalUuid(resource)}|${resource.properties.Scope as string | undefined}`,
    attributes: { Arn: webAclArn, Id: physicalUuid },
  },
  'AWS::WAFv2::WebACLAssociation': { reason: FIREWALL, ref: nameOf() },
  'AWS::WAFv2::LoggingConfiguration': { reason: FIREWALL, ref: nameOf() },
  'AWS::WAFv2::IPSet': {
    reason: FIREWALL,
    ref: physicalUuid,
    attributes: { Arn: (resource, environment) => arn(environment, 'wafv2', `ipset/${physicalName(resource, 'Name')}`) },
  },

  'AWS::CertificateManager::Certificate': {
    reason: 'the edge is asked without TLS here',
    ref: (resource, environment) => arn(environment, 'acm', `certificate/${physicalUuid(resource)}`),
  },
  'AWS::Route53::HostedZone': { reason: DNS, ref: nameOf(), attributes: { Id: nameOf(), NameServers: () => 'localhost' } },
  'AWS::Route53::RecordSet': { reason: DNS, ref: nameOf('Name') },

  'AWS::ApplicationAutoScaling::ScalableTarget': { reason: SCALING, ref: nameOf() },
  'AWS::ApplicationAutoScaling::ScalingPolicy': { reason: SCALING, ref: nameOf('PolicyName') },
  'AWS::Budgets::Budget': { reason: 'nothing is billed here', ref: nameOf() },
  'AWS::EC2::FlowLog': { reason: 'a record of network traffic; there is no network here', ref: nameOf() },

  'Custom::VpcRestrictDefaultSG': {
    reason: "it empties the VPC's default security group, as the network's rules take it to be where this is there",
    ref: nameOf(),
  },
  'Custom::S3AutoDeleteObjects': {
    reason: 'it empties a bucket that is deleted; data is thrown away at every start',
    ref: nameOf(),
  },
};
