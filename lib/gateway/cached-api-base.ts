import { Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';

/** A REST API with a stage cache, made here or elsewhere. */
export interface ICachedApi extends IConstruct {
  /** Such as `a1b2c3d4e5`. */
  readonly restApiId: string;

  /** As CloudWatch calls it. */
  readonly restApiName: string;
  /** The stage whose cache is purged. */
  readonly stageName: string;

  /** `https://host/stage/`. */
  readonly url: string;

  /** What others may be allowed to do with it. */
  readonly grants: CachedApiGrants;

  /** A metric of the stage, such as `CacheHitCount`; by default the average of five minutes. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** An API that was made elsewhere. Its routes are declared there. */
export interface CachedApiAttributes {
  /** Such as `a1b2c3d4e5`. */
  readonly restApiId: string;
  /** As CloudWatch calls it. */
  readonly restApiName: string;
  /** The stage whose cache is purged. */
  readonly stageName: string;
}

/** What an API has in common, made here or elsewhere. */
export abstract class CachedApiBase extends Resource implements ICachedApi {
  abstract readonly restApiId: string;
  abstract readonly restApiName: string;
  abstract readonly stageName: string;
  abstract readonly url: string;
  readonly grants: CachedApiGrants = new CachedApiGrants(this);

  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiName: this.restApiName, Stage: this.stageName },
      ...options,
    });
  }
}

/** An API that was made elsewhere. */
export class ImportedApi extends CachedApiBase {
  readonly restApiId: string;
  readonly restApiName: string;
  readonly stageName: string;

  constructor(scope: Construct, id: string, attributes: CachedApiAttributes) {
    super(scope, id);
    this.restApiId = attributes.restApiId;
    this.restApiName = attributes.restApiName;
    this.stageName = attributes.stageName;
  }

  get url(): string {
    const { region, urlSuffix } = Stack.of(this);
    return `https://${this.restApiId}.execute-api.${region}.${urlSuffix}/${this.stageName}/`;
  }
}

/** What others may be allowed to do with an API. */
export class CachedApiGrants {
  constructor(private readonly api: ICachedApi) {}

  /** Lets a grantee flush the stage cache, and nothing else of the API. */
  flush(grantee: iam.IGrantable): iam.Grant {
    const { partition, region } = Stack.of(this.api);
    const stage = `/restapis/${this.api.restApiId}/stages/${this.api.stageName}`;
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['apigateway:DELETE'],
      resourceArns: [`arn:${partition}:apigateway:${region}::${stage}/cache/data`],
    });
  }

  /** Lets a grantee have any key of the stage cache refreshed, by a request with `Cache-Control: max-age=0`. */
  refresh(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:InvalidateCache'],
      resourceArns: [
        Stack.of(this.api).formatArn({
          service: 'execute-api',
          resource: this.api.restApiId,
          resourceName: `${this.api.stageName}/GET/*`,
        }),
      ],
    });
  }

  /**
   * Lets a grantee make requests that need IAM authorisation.
   *
   * @param method such as `PATCH`; `*` is each.
   * @param path such as `/places/*`.
   */
  invoke(grantee: iam.IGrantable, method: string, path: string): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [
        Stack.of(this.api).formatArn({
          service: 'execute-api',
          resource: this.api.restApiId,
          resourceName: `${this.api.stageName}/${method}${path}`,
        }),
      ],
    });
  }
}
