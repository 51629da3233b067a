import { createHash } from 'node:crypto';
import type { Environment, Resource, ResourceTypes } from '../types';

/** The template's name, or one of the stack and the logical id. */
export function secretName({ stack, logicalId, properties }: Resource): string {
  return properties.Name ?? `${stack}-${logicalId}`;
}

/** Secrets Manager ends every ARN in a hyphen and six characters, so that a deleted name can be used again. */
export function secretArn(secret: Resource, { account, region }: Environment): string {
  const name = secretName(secret);
  const suffix = createHash('sha256')
    .update(name)
    .digest('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 6);
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${suffix}`;
}

/** Secrets: generated once, kept over starts, answered by `GetSecretValue`. */
export const secretTypes: ResourceTypes = {
  'AWS::SecretsManager::Secret': {
    honours: ['GenerateSecretString', 'SecretString', 'Name'],
    ignores: {
      Description: 'text for people',
      KmsKeyId: 'values lie in a file that only its owner may read; nothing is encrypted with KMS',
      Tags: 'no policy that is evaluated here reads tags',
    },
    ref: secretArn,
    attributes: { Id: secretArn },
  },
  'AWS::SecretsManager::SecretTargetAttachment': {
    honours: ['SecretId', 'TargetId', 'TargetType'],
    ref: ({ properties }) => properties.SecretId,
    attributes: { Id: ({ properties }) => properties.SecretId },
  },
  'AWS::SecretsManager::ResourcePolicy': {
    honours: ['SecretId', 'ResourcePolicy'],
    ignores: { BlockPublicPolicy: 'a check at deploy time' },
    ref: ({ properties }) => properties.SecretId,
    attributes: { Id: ({ properties }) => properties.SecretId },
  },
  'AWS::SecretsManager::RotationSchedule': {
    honours: [],
    ignores: Object.fromEntries(
      [
        'SecretId',
        'HostedRotationLambda',
        'RotationLambdaARN',
        'RotationRules',
        'RotateImmediatelyOnUpdate',
        'ExternalSecretRotationMetadata',
        'ExternalSecretRotationRoleArn',
      ].map((property) => [property, 'secrets are not rotated here: the engines keep the password that they were started with']),
    ),
    ref: ({ properties }) => properties.SecretId,
    attributes: { Id: ({ properties }) => properties.SecretId },
  },
};
