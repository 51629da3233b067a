import { RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { PlatformKey } from '../operations/platform-key';
import { KEPT } from '../removal';
import type { StageConfig } from './stage';

/** What every stack of the platform is given. */
export interface PlatformStackProps {
  /** The stage that it is part of. */
  readonly config: StageConfig;

  /**
   * Encrypts the stack's logs and secrets.
   * @default - keys of AWS's own; only the stack that has the key is made without
   */
  readonly key?: PlatformKey;

  /**
   * Where it is, if not where the stage is.
   * @default - the stage's region
   */
  readonly region?: string;
}

/** On every resource that takes tags. */
export const STAGE_TAG = 'cachement:stage';

/** A stack that is named after its stage and its part in it, such as `cachement-dev-network`. */
export class PlatformStack extends Stack {
  /** The stage that it is part of. */
  protected readonly config: StageConfig;

  constructor(scope: Construct, part: string, description: string, { config, key, region }: PlatformStackProps) {
    super(scope, `${namespaceOf(config)}-${part}`, {
      // The CDK puts the name of a `Stage` before it otherwise; the stage's own is in it already.
      stackName: `${namespaceOf(config)}-${part}`,
      description: `Cachement, ${config.name}: ${description}`,
      env: { account: config.environment?.account, region: region ?? config.environment?.region },
      terminationProtection: config.protected ?? false,
    });
    this.config = config;
    key?.encryptByDefault(this);
    Tags.of(this).add(STAGE_TAG, config.name);
  }

  /** What happens to data, and to logs, when they leave the template. */
  protected get removalPolicy(): RemovalPolicy {
    return this.config.retain ? KEPT : RemovalPolicy.DESTROY;
  }
}

/** Prefix of the names of a stage's stacks, keys and users. */
export const namespaceOf = (config: StageConfig): string => `cachement-${config.name}`;
