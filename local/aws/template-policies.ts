import { own } from '../own';
import type { Model, Resource } from '../types';
import { AWS_MANAGED_POLICIES } from './managed-policies';
import type { PoliciesOptions, RolePolicies } from './policies';
import { evaluate, parsePolicy, type Statement } from './policy-document';

/** The policies of a template. @throws an Error on anything that would have to be guessed. */
export function policiesFromTemplate(model: Model): PoliciesOptions {
  const { account, region } = model.environment;
  const roles = new Map(
    model.resources('AWS::IAM::Role').map((role) => [model.attribute(role, 'Arn'), rolePolicies(model, role)]),
  );
  for (const fn of model.resources('AWS::Lambda::Function')) checkTrust(model, fn);
  return { account, region, roles, resources: resourcePolicies(model) };
}

function rolePolicies(model: Model, role: Resource): RolePolicies {
  const name = model.ref(role);
  const { properties } = role;
  const documents: [string, unknown][] = [
    ...(properties.Policies ?? []).map((policy: { PolicyName: string; PolicyDocument: unknown }) => [
      `${id(role)} 'Policies' ${policy.PolicyName}`,
      policy.PolicyDocument,
    ]),
    ...attached(model, name),
  ];
  for (const arn of properties.ManagedPolicyArns ?? []) documents.push(managed(model, arn, id(role)));
  const boundary = properties.PermissionsBoundary && managed(model, properties.PermissionsBoundary, id(role));
  return {
    name,
    identity: documents.flatMap(([where, document]) => parsePolicy(document, where)),
    ...(boundary && { boundary: parsePolicy(boundary[1], boundary[0]) }),
  };
}

/** Policies that name their roles, instead of being named by them. */
function attached(model: Model, roleName: string): [string, unknown][] {
  const lists = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) => model.resources(type));
  const single = model.resources('AWS::IAM::RolePolicy').filter(({ properties }) => properties.RoleName === roleName);
  return [...lists.filter(({ properties }) => properties.Roles?.includes(roleName)), ...single].map((policy) => [
    id(policy),
    policy.properties.PolicyDocument,
  ]);
}

function managed(model: Model, arn: string, where: string): [string, unknown] {
  const inTemplate = model.find('AWS::IAM::ManagedPolicy', arn);
  if (inTemplate) return [id(inTemplate), inTemplate.properties.PolicyDocument];
  const name = /^arn:aws[\w-]*:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
  const document = own(AWS_MANAGED_POLICIES, name);
  if (!document) {
    throw new Error(
      `${where}: managed policy '${arn}' is not known here; attach one of ${Object.keys(AWS_MANAGED_POLICIES).join(', ')}, or write its statements into the role`,
    );
  }
  return [`managed policy ${name}`, document];
}

/** Lambda refuses to create a function whose role it may not assume. */
function checkTrust(model: Model, fn: Resource): void {
  const role = model.find('AWS::IAM::Role', fn.properties.Role);
  if (!role) {
    throw new Error(
      `${id(fn)}: 'Role' must be a role of the template, so that its policies are known, got: ${fn.properties.Role}`,
    );
  }
  const trust = parsePolicy(role.properties.AssumeRolePolicyDocument, `${id(role)} 'AssumeRolePolicyDocument'`);
  const request = { action: 'sts:AssumeRole', resource: '*', keys: { 'aws:sourceaccount': [model.environment.account] } };
  if (evaluate(trust, request, { names: { Service: ['lambda.amazonaws.com'] } }) !== 'Allow') {
    throw new Error(
      `${id(fn)}: its role ${id(role)} can't be assumed by Lambda; allow sts:AssumeRole to 'lambda.amazonaws.com' there`,
    );
  }
}

/** Statements by the ARN of the resource that they hang on. */
function resourcePolicies(model: Model): Map<string, Statement[]> {
  const policies = new Map<string, Statement[]>();
  const add = (arn: string, statements: Statement[]) => policies.set(arn, [...(policies.get(arn) ?? []), ...statements]);
  const { account, region } = model.environment;

  for (const policy of model.resources('AWS::SQS::QueuePolicy')) {
    for (const url of policy.properties.Queues) {
      const queue = model.find('AWS::SQS::Queue', url);
      if (!queue) throw new Error(`${id(policy)}: 'Queues' must name queues of the template, got: ${url}`);
      add(model.attribute(queue, 'Arn'), parsePolicy(policy.properties.PolicyDocument, id(policy)));
    }
  }
  for (const policy of model.resources('AWS::Events::EventBusPolicy')) {
    const { EventBusName = 'default', Statement, StatementId } = policy.properties;
    const arn = EventBusName.startsWith('arn:') ? EventBusName : `arn:aws:events:${region}:${account}:event-bus/${EventBusName}`;
    if (!Statement) throw new Error(`${id(policy)}: 'Statement' is needed (statement '${StatementId}')`);
    add(arn, parsePolicy({ Statement }, id(policy)));
  }
  for (const policy of model.resources('AWS::S3::BucketPolicy')) {
    const bucket = model.find('AWS::S3::Bucket', policy.properties.Bucket);
    if (!bucket) throw new Error(`${id(policy)}: 'Bucket' must be a bucket of the template, got: ${policy.properties.Bucket}`);
    add(model.attribute(bucket, 'Arn'), parsePolicy(policy.properties.PolicyDocument, id(policy)));
  }
  for (const policy of model.resources('AWS::SecretsManager::ResourcePolicy')) {
    const { SecretId, ResourcePolicy } = policy.properties;
    // A policy of a secret says "*" where it means the secret that it hangs on.
    add(SecretId, parsePolicy(ResourcePolicy, id(policy)));
  }
  for (const permission of model.resources('AWS::Lambda::Permission')) {
    const fn = model.find('AWS::Lambda::Function', permission.properties.FunctionName);
    const arn = fn ? model.attribute(fn, 'Arn') : permission.properties.FunctionName;
    add(arn, [permissionStatement(permission)]);
  }
  return policies;
}

/** The statement that `AddPermission` writes into a function's policy. */
function permissionStatement({ properties }: Resource): Statement {
  const { Action, Principal, SourceArn, SourceAccount, FunctionUrlAuthType, InvokedViaFunctionUrl } = properties;
  const service = /\.amazonaws\.com(\.cn)?$/.test(Principal);
  return {
    effect: 'Allow',
    actions: [Action],
    principal: Principal === '*' ? '*' : { [service ? 'Service' : 'AWS']: [Principal] },
    conditions: {
      ...(SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }),
      ...((SourceAccount || FunctionUrlAuthType) && {
        StringEquals: {
          ...(SourceAccount && { 'aws:SourceAccount': SourceAccount }),
          ...(FunctionUrlAuthType && { 'lambda:FunctionUrlAuthType': FunctionUrlAuthType }),
        },
      }),
      ...(InvokedViaFunctionUrl !== undefined && { Bool: { 'lambda:InvokedViaFunctionUrl': String(InvokedViaFunctionUrl) } }),
    },
  };
}

function id({ stack, logicalId }: Resource): string {
  return `${stack}/${logicalId}`;
}
