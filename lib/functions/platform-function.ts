import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssetHashType, DockerImage, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { KEPT } from '../removal';

/** Folder of the prebuilt functions, in a checkout as in the package: a folder a function. */
const BUNDLES = path.join(__dirname, '../../assets/lambdas');

/** @returns the folder of a function: of a prebuilt one by its name, of any other by its absolute path. */
export const bundleFolder = (bundle: string): string => path.resolve(BUNDLES, bundle);

/** Properties of a PlatformFunction; everything else is the same for all of them. */
export interface PlatformFunctionProps {
  /**
   * Code: name of a function that comes prebuilt with the package, such as `migration`, or absolute path of a folder of one's
   * own, whose `index.js` exports `handler` and contains everything that it imports.
   */
  readonly bundle: string;

  /**
   * Folders that are put beside the code, by the name that they have there.
   * @default - none
   */
  readonly folders?: Record<string, string>;

  /** Purpose, in one sentence; shown in the console. */
  readonly description: string;

  /** Limit of one invocation. */
  readonly timeout: Duration;

  /**
   * Memory in MiB; the share of a CPU grows with it.
   * @default 512
   */
  readonly memorySizeMib?: number;

  /**
   * Invocations that may run at once. Connection pools are counted by it.
   * @default 1
   */
  readonly concurrency?: number;

  /**
   * True if `concurrency` is reserved for, and enforced on, this function. An account must keep 100 unreserved, so that a new one
   * can reserve nothing.
   * @default false - only the account's limit, or the event source's, applies
   */
  readonly reserveConcurrency?: boolean;

  /**
   * The isolated network to run in.
   * @default - outside of any network, with access to public APIs
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the network.
   * @default - the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Variables of its own.
   * @default - none beyond what the tiers add
   */
  readonly environment?: Record<string, string>;

  /**
   * Queue for events that the function failed on three times. For a function that is invoked asynchronously.
   * @default - none: the invoker waits for the answer, or sends the event again
   */
  readonly deadLetterQueue?: sqs.IQueue;

  /**
   * Retention of the function's log.
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Key of the log group.
   * @default - that of the platform around the function; elsewhere CloudWatch's own
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * Removal policy of the log group.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/**
 * A bundled function with a role of its own that may write its log, be in its network, and nothing else. The tiers grant what
 * they need when the function is added to them as a client.
 *
 * @throws {RangeError} where `concurrency` isn't a whole number of at least 1, or one of `folders` isn't there.
 */
export class PlatformFunction extends lambda.Function {
  /** Invocations that may run at once, reserved or not. */
  readonly concurrency: number;

  constructor(scope: Construct, id: string, props: PlatformFunctionProps) {
    const concurrency = props.concurrency ?? 1;
    const name = path.basename(props.bundle);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new RangeError(
        `function '${name}': 'concurrency' must be a whole number of at least 1, got: ${concurrency}; set it to how many invocations may run at once`,
      );
    }
    const logGroup = new logs.LogGroup(scope, `${id}Log`, {
      retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      ...(props.logEncryptionKey && { encryptionKey: props.logEncryptionKey }),
      removalPolicy: props.logRemovalPolicy ?? KEPT,
    });
    const role = new iam.Role(scope, `${id}Role`, {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `Role of ${name}: ${props.description}`,
      // In the role itself, not in a policy beside it: Lambda checks them when it creates the function.
      inlinePolicies: { Base: basePolicy(logGroup, props.vpc !== undefined) },
    });
    super(scope, id, {
      description: props.description,
      code: codeOf(name, bundleFolder(props.bundle), props.folders ?? {}),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memorySizeMib ?? 512,
      reservedConcurrentExecutions: props.reserveConcurrency ? concurrency : undefined,
      environment: props.environment,
      deadLetterQueue: props.deadLetterQueue,
      role,
      logGroup,
      ...(props.vpc && {
        vpc: props.vpc,
        vpcSubnets: props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        allowAllOutbound: false,
      }),
    });
    this.concurrency = concurrency;
  }
}

/** @returns the folder as it is, or a copy with others in it. */
function codeOf(functionName: string, bundle: string, folders: Readonly<Record<string, string>>): lambda.Code {
  if (Object.keys(folders).length === 0) return lambda.Code.fromAsset(bundle);
  for (const [name, source] of Object.entries(folders)) {
    if (/^\w[\w.-]*$/.test(name) && fs.statSync(source, { throwIfNoEntry: false })?.isDirectory()) continue;
    throw new RangeError(
      `function '${functionName}': 'folders' must have names of letters, digits, dots and dashes, and folders that exist, got: ${JSON.stringify({ [name]: source })}; correct it`,
    );
  }
  const copy = (target: string): boolean => {
    fs.cpSync(bundle, target, { recursive: true });
    for (const [name, source] of Object.entries(folders)) {
      fs.cpSync(source, path.join(target, name), { recursive: true, dereference: true });
    }
    return true;
  };
  return lambda.Code.fromAsset(bundle, {
    assetHashType: AssetHashType.OUTPUT,
    // The image is for a bundling that can't be done here; this one always can.
    bundling: { image: DockerImage.fromRegistry('scratch'), local: { tryBundle: copy } },
  });
}

function basePolicy(logGroup: logs.ILogGroup, inVpc: boolean): iam.PolicyDocument {
  const log = new iam.PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
  // Lambda needs these to attach a function to a network. None of them can be restricted to a resource that is known beforehand.
  const network = new iam.PolicyStatement({
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  });
  return new iam.PolicyDocument({ statements: inVpc ? [log, network] : [log] });
}

/** Factor between the timeouts: AWS advises a visibility timeout of six times the function's. */
const VISIBILITY_TO_TIMEOUT = 6;

/** @returns the least visibility timeout of a queue whose messages a function with this timeout consumes. */
export function visibilityTimeoutFor(functionTimeout: Duration, batchingWindow = Duration.seconds(0)): Duration {
  return Duration.seconds(VISIBILITY_TO_TIMEOUT * functionTimeout.toSeconds() + batchingWindow.toSeconds());
}
