import { ArnFormat, Names, type RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct, type IConstruct } from 'constructs';
import { KEPT, stackSuffix } from '../removal';

/** Scope of a web ACL. */
export class FirewallScope {
  /** Scope of distributions. AWS WAF keeps their web ACLs in us-east-1. */
  static readonly EDGE = new FirewallScope('CLOUDFRONT');

  /** Scope of APIs, in the region of the API. */
  static readonly REGIONAL = new FirewallScope('REGIONAL');

  private constructor(
    /** Value of `Scope` of the web ACL. */
    readonly value: 'CLOUDFRONT' | 'REGIONAL',
  ) {}
}

/** Properties of a Firewall. */
export interface FirewallProps {
  /** Kind of resource that is protected: a distribution or a stage of an API. */
  readonly scope: FirewallScope;

  /**
   * Requests that one address may make in five minutes, 10 to 2,000,000,000. Behind the edge every request of an API comes from
   * the edge.
   * @default - 10,000 at the edge; no limit before an API
   */
  readonly requestsPerAddress?: number;

  /**
   * Removal policy of the log of blocked requests.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** A web ACL. */
export interface IFirewall extends IConstruct {
  /** ARN of the web ACL. */
  readonly webAclArn: string;

  /** Associates the web ACL with a stage of an API. A distribution takes it as `firewall` instead. */
  protect(stage: apigateway.Stage): void;
}

/** Common part of all firewalls. */
export abstract class FirewallBase extends Construct implements IFirewall {
  abstract readonly webAclArn: string;

  protect(stage: apigateway.Stage): void {
    new wafv2.CfnWebACLAssociation(this, `Before${stage.node.id.replace(/[^A-Za-z]/g, '')}`, {
      resourceArn: stage.stageArn,
      webAclArn: this.webAclArn,
    });
  }
}

class ImportedFirewall extends FirewallBase {
  constructor(
    scope: Construct,
    id: string,
    readonly webAclArn: string,
  ) {
    super(scope, id);
  }
}

/** Region of the web ACLs and certificates that a distribution can use. */
export const EDGE_REGION = 'us-east-1';

/** AWS's baseline rule groups: what they block belongs in no request of a JSON API. */
const MANAGED_RULES = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
];

const DEFAULT_REQUESTS_PER_ADDRESS = 10_000;

/**
 * A web ACL of AWS's managed rules and a rate limit by address, with a log of blocked requests.
 *
 * @throws {RangeError} where a web ACL for the edge is in another region than us-east-1, or a limit is outside of AWS WAF's.
 */
export class Firewall extends FirewallBase {
  /** Imports a web ACL. */
  static fromWebAclArn(scope: Construct, id: string, webAclArn: string): IFirewall {
    return new ImportedFirewall(scope, id, webAclArn);
  }

  /** The web ACL itself. */
  readonly webAcl: wafv2.CfnWebACL;

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const atEdge = props.scope === FirewallScope.EDGE;
    const { region } = Stack.of(this);
    if (atEdge && region !== EDGE_REGION) {
      const got = Token.isUnresolved(region) ? 'a region that is only known when it is deployed' : `'${region}'`;
      throw new RangeError(
        `firewall: 'scope' EDGE must be in a stack whose region is ${EDGE_REGION}, got: ${got}; set 'env.region' of its stack`,
      );
    }
    const limit = props.requestsPerAddress ?? (atEdge ? DEFAULT_REQUESTS_PER_ADDRESS : undefined);
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 10 || limit > 2_000_000_000)) {
      throw new RangeError(
        `firewall: 'requestsPerAddress' must be 10 to 2000000000 in five minutes, got: ${limit}; choose a number in between`,
      );
    }
    const metric = (name: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({
      cloudWatchMetricsEnabled: true,
      metricName: name,
      sampledRequestsEnabled: true,
    });
    this.webAcl = new wafv2.CfnWebACL(this, 'WebAcl', {
      scope: props.scope.value,
      description: atEdge ? 'Before the edge' : 'Before the gateway',
      defaultAction: { allow: {} },
      visibilityConfig: metric('all'),
      rules: [
        ...MANAGED_RULES.map((name, priority) => ({
          name,
          priority,
          overrideAction: { none: {} },
          statement: { managedRuleGroupStatement: { vendorName: 'AWS', name } },
          visibilityConfig: metric(name),
        })),
        ...(limit === undefined
          ? []
          : [
              {
                name: 'RequestsPerAddress',
                priority: MANAGED_RULES.length,
                action: { block: { customResponse: { responseCode: 429 } } },
                statement: { rateBasedStatement: { limit, aggregateKeyType: 'IP' } },
                visibilityConfig: metric('RequestsPerAddress'),
              },
            ]),
      ],
    });
    // AWS WAF requires this prefix of a log group's name.
    const log = new logs.LogGroup(this, 'Log', {
      logGroupName: `aws-waf-logs-${Stack.of(this).stackName}-${Names.uniqueResourceName(this, { maxLength: 40 })}-${stackSuffix()}`,
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: props.logRemovalPolicy ?? KEPT,
    });
    new wafv2.CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAcl.attrArn,
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: log.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] }],
      },
    });
  }

  get webAclArn(): string {
    return this.webAcl.attrArn;
  }
}
