import { CfnOutput, Fn, type Stack, Token } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { EDGE_REGION, Firewall, FirewallScope, type IFirewall } from '../operations/firewall';
import { PlatformKey } from '../operations/platform-key';
import { PlatformStack, type PlatformStackProps } from './platform-stack';
import type { StageConfig } from './stage';

/** What a distribution takes from us-east-1, wherever the rest of the stage is: its rules and its certificate. */
export class UsEast1Stack extends PlatformStack {
  /** Rules before the distribution; none where the stage has no firewall. */
  readonly firewall?: Firewall;
  /** Of the stage's domain; none where it has no domain of its own. */
  readonly certificate?: acm.Certificate;

  constructor(scope: Construct, props: PlatformStackProps) {
    super(scope, EDGE_REGION, 'what the edge takes from us-east-1', { ...props, key: undefined, region: EDGE_REGION });
    const { domain } = this.config;
    if (this.config.firewall) {
      // A key serves its own region only.
      new PlatformKey(this, 'Key', { removalPolicy: this.removalPolicy }).encryptByDefault(this);
      this.firewall = new Firewall(this, 'Firewall', { scope: FirewallScope.EDGE, logRemovalPolicy: this.removalPolicy });
    }
    if (domain) {
      this.certificate = new acm.Certificate(this, 'Certificate', {
        domainName: domain.name,
        subjectAlternativeNames: domain.aliases,
        validation: acm.CertificateValidation.fromDns(route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', domain)),
      });
    }
  }

  /** Whether a stage has anything there. */
  static isNeededFor(config: StageConfig): boolean {
    return config.firewall || config.domain !== undefined;
  }

  /**
   * The rules, for the stack of the edge. Where it says no region, nothing can refer to another one but an output by its name,
   * which CloudFormation reads when the edge is deployed.
   */
  firewallFor(edge: Stack): IFirewall | undefined {
    const { firewall } = this;
    if (!firewall || !Token.isUnresolved(edge.region)) return firewall;
    const output = new CfnOutput(this, 'WebAclArn', { description: 'Rules of the edge', value: firewall.webAclArn });
    edge.addStackDependency(this, 'its rules');
    return Firewall.fromWebAclArn(edge, 'Firewall', Fn.getStackOutput(this.stackName, output.logicalId, EDGE_REGION));
  }
}
