import { type CfnResource, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IDependable } from 'constructs';
import { KEPT } from '../removal';

/** Properties of a PlatformNetwork. */
export interface PlatformNetworkProps {
  /**
   * Availability zones by name. An engine with failover needs two.
   * @default - the first two of the region, resolved when the stack is deployed
   */
  readonly availabilityZones?: string[];

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

  /**
   * Endpoints through which functions reach AWS, as far as this app makes them. A custom resource whose function works in the
   * network depends on them: without that, CloudFormation may make them after it, and delete them before it has answered.
   */
  readonly endpoints: IDependable[];

  /** Lets a function reach EventBridge, for buses of the account. */
  allowEvents(client: ec2.IConnectable): void;

  /** Lets a function reach Secrets Manager, for the secrets that its role may read. */
  allowSecrets(client: ec2.IConnectable): void;

  /** Lets the function of a custom resource answer CloudFormation. */
  allowCustomResourceResponses(client: ec2.IConnectable): void;
}

/**
 * Attributes of an imported network. It must have isolated subnets in two zones or more, which functions and engines are placed
 * in.
 */
export interface PlatformNetworkAttributes {
  /** The VPC whose isolated subnets hold functions and engines. */
  readonly vpc: ec2.IVpc;

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
   * @default false - `allowCustomResourceResponses` fails, and so does a migration
   */
  readonly s3Endpoint?: boolean;
}

const HTTPS = ec2.Port.tcp(443);

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

  readonly endpoints: IDependable[];

  readonly #events: ec2.InterfaceVpcEndpoint;
  readonly #secrets: ec2.InterfaceVpcEndpoint;

  constructor(scope: Construct, id: string, props: PlatformNetworkProps = {}) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ...(props.availabilityZones ? { availabilityZones: [...props.availabilityZones] } : { maxAzs: 2 }),
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
      restrictDefaultSecurityGroup: true,
    });
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
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    // A custom resource answers CloudFormation by a presigned URL of a bucket of CloudFormation's, so that the principal is
    // CloudFormation's too.
    s3.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [`arn:${partition}:s3:::cloudformation-custom-resource-response-*/*`],
      }),
    );
    this.endpoints = [this.#events, this.#secrets, s3];
  }

  /** Lets a function reach EventBridge, for buses of the account. */
  allowEvents(client: ec2.IConnectable): void {
    client.connections.allowTo(this.#events, HTTPS, 'to EventBridge');
  }

  /** Lets a function reach Secrets Manager, for the secrets that its role may read. */
  allowSecrets(client: ec2.IConnectable): void {
    client.connections.allowTo(this.#secrets, HTTPS, 'to Secrets Manager');
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
    const endpoint = this.vpc.addInterfaceEndpoint(id, { service, open: false, securityGroups: [securityGroup] });
    endpoint.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        ...allowed,
        conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
      }),
    );
    return endpoint;
  }
}

class ImportedNetwork implements IPlatformNetwork {
  readonly vpc: ec2.IVpc;
  readonly endpoints: IDependable[] = [];

  readonly #attributes: PlatformNetworkAttributes;

  constructor(attributes: PlatformNetworkAttributes) {
    this.#attributes = attributes;
    this.vpc = attributes.vpc;
    const { availabilityZones } = this.vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED });
    if (new Set(availabilityZones).size < 2) {
      throw new RangeError(
        `imported network: 'vpc' must have isolated subnets in two availability zones or more, got: ${JSON.stringify(availabilityZones)}; name them when it is imported`,
      );
    }
  }

  allowEvents(client: ec2.IConnectable): void {
    client.connections.allowTo(this.#required('eventsEndpoint', 'publishes to a bus'), HTTPS, 'to EventBridge');
  }

  allowSecrets(client: ec2.IConnectable): void {
    client.connections.allowTo(this.#required('secretsEndpoint', 'reads a password'), HTTPS, 'to Secrets Manager');
  }

  allowCustomResourceResponses(client: ec2.IConnectable): void {
    if (!this.#attributes.s3Endpoint) {
      throw new RangeError(
        "imported network: 's3Endpoint' must be true for a custom resource, got: false; add a gateway endpoint of S3 to the isolated subnets",
      );
    }
    client.connections.allowToAnyIpv4(HTTPS, 'to S3 by its gateway endpoint');
  }

  #required(name: 'eventsEndpoint' | 'secretsEndpoint', use: string): ec2.IConnectable {
    const endpoint = this.#attributes[name];
    if (endpoint) return endpoint;
    throw new RangeError(
      `imported network: '${name}' must be given, got: undefined; a function in it ${use}, and has no other way there: name the endpoint when it is imported`,
    );
  }
}
