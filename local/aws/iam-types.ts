import { createHash } from 'node:crypto';
import type { Environment, Resource, ResourceTypes } from '../types';

const TAGS = { Tags: 'no policy that is evaluated here reads tags' };

/** Longest name of a role and of a managed policy (IAM and STS quotas). */
const ROLE_NAME = 64;
const POLICY_NAME = 128;

/** The explicit name, or one of the stack and the logical id; cut, with a hash to keep it unique, where IAM's limit is less. */
function name(explicit: string | undefined, { stack, logicalId }: Resource, limit: number): string {
  const full = explicit ?? `${stack}-${logicalId}`;
  if (full.length <= limit) return full;
  return `${full.slice(0, limit - 9)}-${createHash('sha256').update(full).digest('hex').slice(0, 8)}`;
}

const roleName = (role: Resource) => name(role.properties.RoleName, role, ROLE_NAME);
const policyName = (policy: Resource) => name(policy.properties.ManagedPolicyName, policy, POLICY_NAME);
const managedPolicyArn = (policy: Resource, { account }: Environment) =>
  `arn:aws:iam::${account}:policy${policy.properties.Path ?? '/'}${policyName(policy)}`;

/** An id as IAM makes them, always the same for a resource of a template. */
const uniqueId =
  (prefix: string) =>
  ({ stack, logicalId }: Resource): string =>
    `${prefix}${createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 17).toUpperCase()}`;

/** Roles and policies: evaluated at every call of a function. */
export const iamTypes: ResourceTypes = {
  'AWS::IAM::Role': {
    honours: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'RoleName', 'Path', 'PermissionsBoundary'],
    ignores: { Description: 'text for people', MaxSessionDuration: 'sessions do not expire here', ...TAGS },
    ref: roleName,
    attributes: {
      Arn: (role, { account }) => `arn:aws:iam::${account}:role${role.properties.Path ?? '/'}${roleName(role)}`,
      RoleId: uniqueId('AROA'),
    },
  },
  'AWS::IAM::Policy': {
    honours: ['PolicyDocument', 'PolicyName', 'Roles'],
    ref: ({ properties }) => properties.PolicyName,
    attributes: { Id: ({ properties }) => properties.PolicyName },
  },
  'AWS::IAM::RolePolicy': {
    honours: ['PolicyDocument', 'PolicyName', 'RoleName'],
    ref: ({ properties }) => properties.PolicyName,
  },
  'AWS::IAM::ManagedPolicy': {
    honours: ['PolicyDocument', 'ManagedPolicyName', 'Path', 'Roles'],
    ignores: { Description: 'text for people' },
    ref: managedPolicyArn,
    attributes: { PolicyArn: managedPolicyArn, PolicyId: uniqueId('ANPA') },
  },
};
