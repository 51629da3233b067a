import { type InjectionContext, type IPropertyInjector, PropertyInjectors, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, type IConstruct } from 'constructs';
import { referStrongly } from '../references';
import { KEPT } from '../removal';

/** Properties of a PlatformKey. */
export interface PlatformKeyProps {
  /**
   * Removal policy of the key. What it encrypted can't be read without it.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Key that encrypts a stage's logs, secrets and alarms, rotated every year. Its policy names the AWS services that write on the
 * account's behalf, so that no other stack has to change it, and the stack that owns it depends on none.
 */
export class PlatformKey extends Construct {
  /** The key itself, rotated every year. */
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, props: PlatformKeyProps = {}) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: 'Logs, secrets and alarms of a stage',
      enableKeyRotation: true,
      removalPolicy: props.removalPolicy ?? KEPT,
    });
    referStrongly(this.key);
    const { account, region, partition } = Stack.of(this);
    this.#allow('Logs', `logs.${region}.amazonaws.com`, {
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
    });
    // CloudWatch publishes alarms to a topic that is encrypted.
    this.#allow('Alarms', 'cloudwatch.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } });
    this.#allow('Budgets', 'budgets.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } });
    this.#allow('Costs', 'costalerts.amazonaws.com', { StringEquals: { 'aws:SourceAccount': account } });
  }

  /** Encrypts every log group and secret of a scope that doesn't name a key of its own. Call it before they are created. */
  encryptByDefault(scope: IConstruct): void {
    PropertyInjectors.of(scope).add(
      new EncryptedByDefault(logs.LogGroup.PROPERTY_INJECTION_ID, this.key),
      new EncryptedByDefault(secretsmanager.Secret.PROPERTY_INJECTION_ID, this.key),
    );
  }

  #allow(sid: string, service: string, conditions: Record<string, Record<string, string>>): void {
    this.key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid,
        principals: [new iam.ServicePrincipal(service)],
        actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        resources: ['*'],
        conditions,
      }),
    );
  }
}

/** Injector that gives the key to constructs that name none. */
class EncryptedByDefault implements IPropertyInjector {
  readonly #encryptionKey: kms.IKey;

  constructor(
    readonly constructUniqueId: string,
    encryptionKey: kms.IKey,
  ) {
    this.#encryptionKey = encryptionKey;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the CDK's interface, for the props of any construct
  inject(originalProps: any, _context: InjectionContext): any {
    return { encryptionKey: this.#encryptionKey, ...originalProps };
  }
}
