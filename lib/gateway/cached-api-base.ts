import { Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';

/** A REST API with a stage cache. */
export interface ICachedApi extends IConstruct {
  /** Id of the API, such as `a1b2c3d4e5`. */
  readonly restApiId: string;

  /** Name of the API, the dimension `ApiName` of its metrics. */
  readonly restApiName: string;
  /** Name of the stage whose cache is purged. */
  readonly stageName: string;

  /** URL of the stage: `https://host/stage/`. */
  readonly url: string;

  /** Permissions on the API. */
  readonly grants: CachedApiGrants;

  /** Metric of the stage, such as `CacheHitCount`; by default the average of five minutes. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** Attributes of an imported API. Its routes are declared where it is defined. */
export interface CachedApiAttributes {
  /** Id of the API, such as `a1b2c3d4e5`. */
  readonly restApiId: string;
  /** Name of the API, the dimension `ApiName` of its metrics. */
  readonly restApiName: string;
  /** Name of the stage whose cache is purged. */
  readonly stageName: string;
}

/** Common part of all APIs. */
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

/** An imported API. */
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

/** Permissions on an API. */
export class CachedApiGrants {
  readonly #api: ICachedApi;

  constructor(api: ICachedApi) {
    this.#api = api;
  }

  /** Lets a grantee flush the stage cache, and nothing else of the API. */
  flush(grantee: iam.IGrantable): iam.Grant {
    const { partition, region } = Stack.of(this.#api);
    const stage = `/restapis/${this.#api.restApiId}/stages/${this.#api.stageName}`;
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['apigateway:DELETE'],
      resourceArns: [`arn:${partition}:apigateway:${region}::${stage}/cache/data`],
    });
  }

  /** Lets a grantee refresh any key of the stage cache, by a request with `Cache-Control: max-age=0`. */
  refresh(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:InvalidateCache'],
      resourceArns: [
        Stack.of(this.#api).formatArn({
          service: 'execute-api',
          resource: this.#api.restApiId,
          resourceName: `${this.#api.stageName}/GET/*`,
        }),
      ],
    });
  }

  /**
   * Lets a grantee make requests that need IAM authorisation.
   *
   * @param method HTTP method such as `PATCH`, or `*` for all.
   * @param path path or pattern, such as `/products/*`.
   */
  invoke(grantee: iam.IGrantable, method: string, path: string): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [
        Stack.of(this.#api).formatArn({
          service: 'execute-api',
          resource: this.#api.restApiId,
          resourceName: `${this.#api.stageName}/${method}${path}`,
        }),
      ],
    });
  }
}
