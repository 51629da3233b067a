import { type CfnResource, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IDependable } from 'constructs';
import { referStrongly } from '../references';
import { KEPT } from '../removal';

/** Properties of a PlatformNetwork. */
export interface PlatformNetworkProps {
  /**
   * Availability zones by name. An engine with failover needs two.
   * @default - the first two of the region, resolved when the stack is deployed
   */
  readonly availabilityZones?: string[];

  /**
   * Addresses of the VPC. A subnet takes 4096 of them. Changing it replaces the VPC, and everything in it.
   * @default - 10.0.0.0/16
   */
  readonly ipAddresses?: ec2.IIpAddresses;

  /**
   * Removal policy of the log of rejected packets.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;

  /**
   * Removal policy of the VPC and its subnets, which can't be deleted while a database or a cache that is kept is in them.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Network of functions and engines, with the endpoints through which functions reach AWS. */
export interface IPlatformNetwork {
  /** The VPC whose isolated subnets hold functions and engines. */
  readonly vpc: ec2.IVpc;

  /** Subnets of the VPC that functions and engines are placed in. */
  readonly vpcSubnets: ec2.SubnetSelection;

  /**
   * Endpoints through which functions reach AWS, as far as this app makes them. A custom resource whose function works in the
   * network depends on them: without that, CloudFormation may make them after it, and delete them before it has answered.
   */
  readonly endpoints: IDependable[];

  /** Lets a function reach EventBridge, for buses of the account. */
  allowEvents(client: ec2.IConnectable): void;

  /** Lets a function reach Secrets Manager, for the secrets that its role may read. */
  allowSecrets(client: ec2.IConnectable): void;

  /**
   * Lets a function reach Secrets Manager to rotate the secrets that its role may change, as `rotationLambda` of
   * `secret.addRotationSchedule`.
   */
  allowSecretRotation(client: ec2.IConnectable): void;

  /** Lets a function reach a bucket by the endpoint of S3, for what its role may do there. */
  allowBucket(client: ec2.IConnectable, bucket: s3.IBucket): void;

  /** Lets the function of a custom resource answer CloudFormation. */
  allowCustomResourceResponses(client: ec2.IConnectable): void;
}

/** Attributes of an imported network, whose functions and engines are placed in two zones or more. */
export interface PlatformNetworkAttributes {
  /** The VPC whose subnets hold functions and engines. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of functions and engines.
   * @default - the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * True if the subnets have a way to the internet, such as a NAT gateway. Functions then reach AWS by it where no endpoint is
   * named.
   * @default false
   */
  readonly egress?: boolean;

  /**
   * Endpoint of EventBridge, with its security group.
   * @default - none; `allowEvents` fails
   */
  readonly eventsEndpoint?: ec2.IConnectable;

  /**
   * Endpoint of Secrets Manager, with its security group.
   * @default - none; `allowSecrets` fails
   */
  readonly secretsEndpoint?: ec2.IConnectable;

  /**
   * True if the isolated subnets have a route to S3, through which custom resources answer.
   * @default - true with `s3GatewayEndpoint`; without a route `allowCustomResourceResponses` fails, and so does a migration
   */
  readonly s3Endpoint?: boolean;

  /**
   * Gateway endpoint of S3, where this app makes it: custom resources wait for it.
   * @default - none, or made by somebody else
   */
  readonly s3GatewayEndpoint?: ec2.IGatewayVpcEndpoint;
}

const HTTPS = ec2.Port.tcp(443);

const ISOLATED: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

/**
 * Actions of a function that rotates a secret.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
 */
const ROTATION_ACTIONS = ['DescribeSecret', 'GetRandomPassword', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
  (action) => `secretsmanager:${action}`,
);

/** Actions on a bucket that its endpoint lets through; a role narrows them down. */
const BUCKET_ACTIONS = ['s3:Abort*', 's3:DeleteObject*', 's3:GetBucket*', 's3:GetObject*', 's3:List*', 's3:PutObject*'];

/**
 * A VPC with isolated subnets only: no NAT, no internet gateway. Functions reach AWS through VPC endpoints, each with a policy of
 * its own.
 */
export class PlatformNetwork extends Construct implements IPlatformNetwork {
  /**
   * Imports a network.
   *
   * @throws {RangeError} if it has isolated subnets in fewer than two zones; later, if an endpoint is needed that it doesn't
   * name.
   */
  static fromPlatformNetworkAttributes(attributes: PlatformNetworkAttributes): IPlatformNetwork {
    return new ImportedNetwork(attributes);
  }

  readonly vpc: ec2.IVpc;

  readonly vpcSubnets: ec2.SubnetSelection = ISOLATED;

  readonly endpoints: IDependable[];

  readonly #events: ec2.InterfaceVpcEndpoint;
  readonly #secrets: ec2.InterfaceVpcEndpoint;
  readonly #s3: ec2.GatewayVpcEndpoint;
  #admitsRotation = false;

  constructor(scope: Construct, id: string, props: PlatformNetworkProps = {}) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ...(props.availabilityZones ? { availabilityZones: [...props.availabilityZones] } : { maxAzs: 2 }),
      ipAddresses: props.ipAddresses,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
      restrictDefaultSecurityGroup: true,
    });
    referStrongly(this.vpc);
    for (const kept of [this.vpc, ...this.vpc.isolatedSubnets]) {
      const resource = kept.node.defaultChild ?? kept.node.findChild('Subnet');
      (resource as CfnResource).applyRemovalPolicy(props.removalPolicy ?? KEPT);
    }
    this.vpc.addFlowLog('FlowLog', {
      // Accepted connections show in the functions' own logs; rejected ones show nowhere else.
      trafficType: ec2.FlowLogTrafficType.REJECT,
      destination: ec2.FlowLogDestination.toCloudWatchLogs(
        new logs.LogGroup(this, 'FlowLogGroup', {
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: props.logRemovalPolicy ?? KEPT,
        }),
      ),
    });
    const { account, region, partition } = Stack.of(this);

    this.#events = this.#addEndpoint('Events', ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE, {
      actions: ['events:PutEvents'],
      resources: [`arn:${partition}:events:${region}:${account}:event-bus/*`],
    });
    this.#secrets = this.#addEndpoint('Secrets', ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER, {
      actions: ['secretsmanager:GetSecretValue'],
      resources: [`arn:${partition}:secretsmanager:${region}:${account}:secret:*`],
    });
    this.#s3 = this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    // A custom resource answers CloudFormation by a presigned URL of a bucket of CloudFormation's, so that the principal is
    // CloudFormation's too.
    this.#s3.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [`arn:${partition}:s3:::cloudformation-custom-resource-response-*/*`],
      }),
    );
    this.endpoints = [this.#events, this.#secrets, this.#s3];
  }

  /** Lets a function reach EventBridge, for buses of the account. */
  allowEvents(client: ec2.IConnectable): void {
    client.connections.allowTo(this.#events, HTTPS, 'to EventBridge');
  }

  /** Lets a function reach Secrets Manager, for the secrets that its role may read. */
  allowSecrets(client: ec2.IConnectable): void {
    client.connections.allowTo(this.#secrets, HTTPS, 'to Secrets Manager');
  }

  /** Lets a function reach Secrets Manager to rotate the secrets that its role may change. */
  allowSecretRotation(client: ec2.IConnectable): void {
    this.allowSecrets(client);
    if (this.#admitsRotation) return;
    this.#admitsRotation = true;
    // Whether a password can be generated isn't a question of a secret, so that no resource names it.
    this.#secrets.addToPolicy(this.#ofAccount({ actions: ROTATION_ACTIONS, resources: ['*'] }));
  }

  /** Lets a function reach a bucket by the endpoint of S3, for what its role may do there. */
  allowBucket(client: ec2.IConnectable, bucket: s3.IBucket): void {
    client.connections.allowToAnyIpv4(HTTPS, 'to S3 by its gateway endpoint');
    const resources = [bucket.bucketArn, bucket.arnForObjects('*')];
    this.#s3.addToPolicy(this.#ofAccount({ actions: BUCKET_ACTIONS, resources }));
  }

  /**
   * Lets the function of a custom resource answer CloudFormation. The subnets have no route but the one to S3, whose addresses
   * aren't known before deployment.
   */
  allowCustomResourceResponses(client: ec2.IConnectable): void {
    client.connections.allowToAnyIpv4(HTTPS, 'to S3 by its gateway endpoint');
  }

  #addEndpoint(
    id: string,
    service: ec2.InterfaceVpcEndpointAwsService,
    allowed: { actions: string[]; resources: string[] },
  ): ec2.InterfaceVpcEndpoint {
    const securityGroup = new ec2.SecurityGroup(this, `${id}SecurityGroup`, {
      vpc: this.vpc,
      description: `Endpoint of ${service.shortName}`,
      allowAllOutbound: false,
    });
    referStrongly(securityGroup);
    const endpoint = this.vpc.addInterfaceEndpoint(id, { service, open: false, securityGroups: [securityGroup] });
    endpoint.addToPolicy(this.#ofAccount(allowed));
    return endpoint;
  }

  #ofAccount(allowed: { actions: string[]; resources: string[] }): iam.PolicyStatement {
    return new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      ...allowed,
      conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
    });
  }
}

class ImportedNetwork implements IPlatformNetwork {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly endpoints: IDependable[];

  readonly #attributes: PlatformNetworkAttributes;

  constructor(attributes: PlatformNetworkAttributes) {
    this.#attributes = attributes;
    this.vpc = attributes.vpc;
    const { eventsEndpoint, secretsEndpoint, s3GatewayEndpoint } = attributes;
    this.endpoints = [eventsEndpoint, secretsEndpoint, s3GatewayEndpoint].filter((each) => Construct.isConstruct(each));
    this.vpcSubnets = attributes.vpcSubnets ?? ISOLATED;
    if (!attributes.vpcSubnets && this.vpc.isolatedSubnets.length === 0) {
      throw new RangeError(
        "imported network: 'vpc' must have isolated subnets, got: none; name others by 'vpcSubnets', with 'egress' where they have a NAT gateway",
      );
    }
    const { availabilityZones, isPendingLookup } = this.vpc.selectSubnets(this.vpcSubnets);
    if (!isPendingLookup && new Set(availabilityZones).size < 2) {
      throw new RangeError(
        `imported network: 'vpc' must have subnets in two availability zones or more, got: ${JSON.stringify(availabilityZones)}; name them when it is imported`,
      );
    }
  }

  allowEvents(client: ec2.IConnectable): void {
    this.#allow(client, 'eventsEndpoint', 'publishes to a bus', 'to EventBridge');
  }

  allowSecrets(client: ec2.IConnectable): void {
    this.#allow(client, 'secretsEndpoint', 'reads a password', 'to Secrets Manager');
  }

  allowSecretRotation(client: ec2.IConnectable): void {
    this.#allow(client, 'secretsEndpoint', 'rotates a password', 'to Secrets Manager');
  }

  allowBucket(client: ec2.IConnectable, _bucket: s3.IBucket): void {
    this.#allowS3(client, 'a bucket');
  }

  allowCustomResourceResponses(client: ec2.IConnectable): void {
    this.#allowS3(client, 'a custom resource');
  }

  #allowS3(client: ec2.IConnectable, use: string): void {
    const { s3GatewayEndpoint, s3Endpoint = s3GatewayEndpoint !== undefined, egress } = this.#attributes;
    if (!s3Endpoint && !egress) {
      throw new RangeError(
        `imported network: 's3Endpoint' must be true for ${use}, got: ${s3Endpoint}; add a gateway endpoint of S3 to the subnets`,
      );
    }
    client.connections.allowToAnyIpv4(HTTPS, s3Endpoint ? 'to S3 by its gateway endpoint' : 'to S3 by the internet');
  }

  #allow(client: ec2.IConnectable, name: 'eventsEndpoint' | 'secretsEndpoint', use: string, purpose: string): void {
    const { [name]: endpoint, egress } = this.#attributes;
    if (endpoint) {
      client.connections.allowTo(endpoint, HTTPS, purpose);
    } else if (egress) {
      client.connections.allowToAnyIpv4(HTTPS, `${purpose} by the internet`);
    } else {
      throw new RangeError(
        `imported network: '${name}' must be given, got: undefined; a function in it ${use}, and has no other way there: name the endpoint when it is imported, or 'egress' where the subnets have a NAT gateway`,
      );
    }
  }
}
