import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { CacheAuthentication, CLIENT_ACCESS, NO_ACCESS } from './cache-access';
import type { CacheEngine } from './cache-engine';

interface CacheUsersProps {
  readonly namespace: string;
  readonly engine: CacheEngine['type'];
  readonly authentication: CacheAuthentication;
  readonly removalPolicy: RemovalPolicy;
}

/** The user of clients, its secret if it has a password, and the group of this user and the disabled `default`. */
export interface CacheUsers {
  readonly client: elasticache.CfnUser;
  readonly group: elasticache.CfnUserGroup;
  readonly secret?: secretsmanager.Secret;
}

/** Adds users to a construct directly, so that its resources keep their logical ids. */
export function addCacheUsers(
  scope: Construct,
  { namespace, engine, authentication, removalPolicy }: CacheUsersProps,
): CacheUsers {
  // ElastiCache requires the id and the name of a user to be the same for IAM authentication.
  const name = `${namespace}-client`;
  const secret =
    authentication === CacheAuthentication.PASSWORD
      ? new secretsmanager.Secret(scope, 'Secret', {
          description: `User of the shared tier '${namespace}'`,
          generateSecretString: {
            secretStringTemplate: JSON.stringify({ username: name }),
            generateStringKey: 'password',
            passwordLength: 48,
            excludePunctuation: true,
          },
          removalPolicy,
        })
      : undefined;
  const disabled = new elasticache.CfnUser(scope, 'DefaultUser', {
    engine,
    userId: `${namespace}-default`,
    userName: 'default',
    accessString: NO_ACCESS,
    authenticationMode: { Type: 'no-password-required' },
  });
  const client = new elasticache.CfnUser(scope, 'ClientUser', {
    engine,
    userId: name,
    userName: name,
    accessString: CLIENT_ACCESS,
    authenticationMode: secret
      ? { Type: 'password', Passwords: [secret.secretValueFromJson('password').unsafeUnwrap()] }
      : { Type: 'iam' },
  });
  const group = new elasticache.CfnUserGroup(scope, 'UserGroup', {
    engine,
    userGroupId: `${namespace}-clients`,
    userIds: [disabled.ref, client.ref],
  });
  group.node.addValidation({ validate: () => sameNames(group) });
  return { client, group, secret };
}

/**
 * @returns a problem if two groups have the same name, which must be unique in an account and region: the deployment of the
 * second one would fail.
 */
function sameNames(group: elasticache.CfnUserGroup): string[] {
  const others = group.node.root.node
    .findAll()
    .filter((other) => other instanceof elasticache.CfnUserGroup && other.userGroupId === group.userGroupId)
    .filter((other) => Stack.of(other).environment === Stack.of(group).environment);
  if (others.length < 2) return [];
  const namespace = group.userGroupId.replace(/-clients$/, '');
  return [
    `shared cache: 'namespace' must be its own in an account and region, got: '${namespace}' for ${others.map(({ node }) => node.scope?.node.path).join(' and ')}; rename one of them`,
  ];
}
