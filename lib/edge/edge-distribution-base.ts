import { Resource } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { EDGE_REGION } from '../operations/firewall';

/** A distribution that purges reach, made here or elsewhere. */
export interface IEdgeDistribution extends IConstruct {
  /** The distribution itself. */
  readonly distribution: cloudfront.IDistribution;

  /** What others may be allowed to do with it. */
  readonly grants: EdgeDistributionGrants;

  /** A metric of the distribution, such as `Requests`; by default the average of five minutes. CloudWatch has it in us-east-1. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** A distribution that was made elsewhere. It must take tags from the header `Cache-Tag`, or a purge of one does nothing. */
export interface EdgeDistributionAttributes {
  /** Such as `E1A2B3C4D5E6F7`. */
  readonly distributionId: string;
  /** Such as `d111111abcdef8.cloudfront.net`. */
  readonly domainName: string;
}

/** What a distribution has in common, made here or elsewhere. */
export abstract class EdgeDistributionBase extends Resource implements IEdgeDistribution {
  abstract readonly distribution: cloudfront.IDistribution;
  readonly grants: EdgeDistributionGrants = new EdgeDistributionGrants(this);

  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/CloudFront',
      metricName,
      dimensionsMap: { DistributionId: this.distribution.distributionId, Region: 'Global' },
      region: EDGE_REGION,
      ...options,
    });
  }
}

/** A distribution that was made elsewhere. */
export class ImportedDistribution extends EdgeDistributionBase {
  readonly distribution: cloudfront.IDistribution;

  constructor(scope: Construct, id: string, attributes: EdgeDistributionAttributes) {
    super(scope, id);
    this.distribution = cloudfront.Distribution.fromDistributionAttributes(this, 'Distribution', attributes);
  }
}

/** What others may be allowed to do with a distribution. */
export class EdgeDistributionGrants {
  constructor(private readonly edge: IEdgeDistribution) {}

  /** Lets a grantee invalidate by tag or path, and see what became of it. */
  purge(grantee: iam.IGrantable): iam.Grant {
    return this.edge.distribution.grant(grantee, 'cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation');
  }
}
