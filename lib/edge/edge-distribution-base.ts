import { Resource } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { EDGE_REGION } from '../operations/firewall';

/** A distribution that purges reach. */
export interface IEdgeDistribution extends IConstruct {
  /** The distribution itself. */
  readonly distribution: cloudfront.IDistribution;

  /** Permissions on the distribution. */
  readonly grants: EdgeDistributionGrants;

  /** Metric of the distribution, such as `Requests`; by default the average of five minutes. CloudWatch has it in us-east-1. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/**
 * Attributes of an imported distribution. It must take tags from the header `x-amz-meta-cache-tag`, or a purge by tag does
 * nothing.
 */
export interface EdgeDistributionAttributes {
  /** Id of the distribution, such as `E1A2B3C4D5E6F7`. */
  readonly distributionId: string;
  /** Domain name of the distribution, such as `d111111abcdef8.cloudfront.net`. */
  readonly domainName: string;
}

/** Common part of all distributions. */
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

/** An imported distribution. */
export class ImportedDistribution extends EdgeDistributionBase {
  readonly distribution: cloudfront.IDistribution;

  constructor(scope: Construct, id: string, attributes: EdgeDistributionAttributes) {
    super(scope, id);
    this.distribution = cloudfront.Distribution.fromDistributionAttributes(this, 'Distribution', attributes);
  }
}

/** Permissions on a distribution. */
export class EdgeDistributionGrants {
  readonly #edge: IEdgeDistribution;

  constructor(edge: IEdgeDistribution) {
    this.#edge = edge;
  }

  /** Lets a grantee invalidate by tag or path, and read the status of an invalidation. */
  purge(grantee: iam.IGrantable): iam.Grant {
    return this.#edge.distribution.grant(grantee, 'cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation');
  }
}
