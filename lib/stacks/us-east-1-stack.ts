import type { App } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { EDGE_REGION, Firewall, FirewallScope } from '../operations/firewall';
import { PlatformKey } from '../operations/platform-key';
import { PlatformStack, type PlatformStackProps } from './platform-stack';
import type { StageConfig } from './stage';

/** What a distribution takes from us-east-1, wherever the rest of the stage is: its rules and its certificate. */
export class UsEast1Stack extends PlatformStack {
  /** Rules before the distribution; none where the stage has no firewall. */
  readonly firewall?: Firewall;
  /** Of the stage's domain; none where it has no domain of its own. */
  readonly certificate?: acm.Certificate;

  constructor(app: App, props: PlatformStackProps) {
    super(app, EDGE_REGION, 'what the edge takes from us-east-1', { ...props, key: undefined, region: EDGE_REGION });
    const { domain } = this.config;
    if (this.config.firewall) {
      // A key serves its own region only.
      new PlatformKey(this, 'Key', { removalPolicy: this.removalPolicy }).encrypts(this);
      this.firewall = new Firewall(this, 'Firewall', { scope: FirewallScope.EDGE, logRemovalPolicy: this.removalPolicy });
    }
    if (domain) {
      this.certificate = new acm.Certificate(this, 'Certificate', {
        domainName: domain.name,
        validation: acm.CertificateValidation.fromDns(route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', domain)),
      });
    }
  }

  /** Whether a stage has anything there. Its region must be known: references between regions need both. */
  static isNeededFor(config: StageConfig): boolean {
    return config.environment !== undefined && (config.firewall || config.domain !== undefined);
  }
}
