import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { stackSuffix, withoutSnapshot } from '../removal';
import { CacheAuthentication, CLIENT_ACCESS, NO_ACCESS } from './cache-access';
import type { CacheEngine } from './cache-engine';

interface CacheUsersProps {
  readonly namespace: string;
  readonly engine: CacheEngine['type'];
  readonly authentication: CacheAuthentication;
  readonly removalPolicy: RemovalPolicy;
}

/** The user of clients, its secret if it has a password, and the group that admits it. */
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
  // ElastiCache requires the id and the name of a user to be the same for IAM authentication, and the id to be the only one of a
  // region: a user that is kept has it still when its stack is made again.
  // Its engine is in it, because CloudFormation makes the users of another one before it deletes these.
  const name = `${namespace}-${engine === 'redis' ? 'r' : ''}${stackSuffix()}`;
  const secret =
    authentication === CacheAuthentication.PASSWORD
      ? new secretsmanager.Secret(scope, 'Secret', {
          description: `User of the shared tier '${namespace}'`,
          generateSecretString: {
            secretStringTemplate: Stack.of(scope).toJsonString({ username: name }),
            generateStringKey: 'password',
            passwordLength: 48,
            excludePunctuation: true,
          },
          removalPolicy: withoutSnapshot(removalPolicy),
        })
      : undefined;
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
    userGroupId: name,
    userIds: [...(engine === 'redis' ? [addDisabledDefault(scope, namespace).ref] : []), client.ref],
  });
  group.node.addValidation({ validate: () => sameNames(group, namespace) });
  return { client, group, secret };
}

/**
 * Adds the user that a client without a name is, disabled. A group of Redis OSS must contain it; one of Valkey need not, nobody
 * without a name is admitted then, and no user of Valkey may be without authentication.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
 */
function addDisabledDefault(scope: Construct, namespace: string): elasticache.CfnUser {
  return new elasticache.CfnUser(scope, 'DefaultUser', {
    engine: 'redis',
    userId: `${namespace}-default-${stackSuffix()}`,
    userName: 'default',
    accessString: NO_ACCESS,
    authenticationMode: { Type: 'no-password-required' },
  });
}

/** @returns a problem where two groups of a stack have one name: the deployment of the second one would fail. */
function sameNames(group: elasticache.CfnUserGroup, namespace: string): string[] {
  const stack = Stack.of(group);
  const nameOf = (each: elasticache.CfnUserGroup): string => JSON.stringify(stack.resolve(each.userGroupId));
  const same = stack.node
    .findAll()
    .filter((each): each is elasticache.CfnUserGroup => each instanceof elasticache.CfnUserGroup)
    .filter((each) => nameOf(each) === nameOf(group));
  if (same.length < 2) return [];
  return [
    `shared cache: 'namespace' must be its own in a stack, got: '${namespace}' for ${same.map(({ node }) => node.scope?.node.path).join(' and ')}; rename one of them`,
  ];
}
