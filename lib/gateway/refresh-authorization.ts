import { CustomResource, Duration, Lazy, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { STAGE_PATCHES_PER_CALL } from '../contract/defaults';
import * as variables from '../contract/variables';
import { bundleHash } from '../functions/bundle-hash';
import { PlatformFunction } from '../functions/platform-function';

export interface RefreshAuthorizationProps {
  readonly restApi: apigateway.RestApi;

  /** Settings of the stage's methods, complete when the app is synthesized; those that are cached are used. */
  readonly methodSettings: readonly apigateway.CfnStage.MethodSettingProperty[];

  /** @default RemovalPolicy.RETAIN */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Limit of one run: a call of an API that answers in a second, tried a few times. */
const TIMEOUT = Duration.seconds(30);

/**
 * Custom resource that requires the permission `execute-api:InvalidateCache` for a refresh of a key of the stage cache; requests
 * for one without it are refused with 403. CloudFormation has no property for it, so that a function patches the stage after each
 * of its deployments.
 */
export class RefreshAuthorization extends Construct {
  constructor(scope: Construct, id: string, props: RefreshAuthorizationProps) {
    super(scope, id);
    const { restApi, methodSettings, logRemovalPolicy } = props;
    const { deploymentStage: stage, restApiId } = restApi;
    const methods = () =>
      methodSettings.filter((each) => each.cachingEnabled).map((each) => `${each.resourcePath}/${each.httpMethod}`);
    const settings = new PlatformFunction(this, 'Function', {
      bundle: 'stage-settings',
      description: 'Requires authorisation to refresh the stage cache',
      timeout: TIMEOUT,
      memorySizeMib: 256,
      environment: {
        [variables.REST_API_ID]: restApiId,
        [variables.API_STAGE_NAME]: stage.stageName,
        [variables.CACHED_METHODS]: Lazy.string({ produce: () => JSON.stringify(methods()) }),
      },
      logRemovalPolicy,
    });
    const { partition, region } = Stack.of(this);
    settings.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['apigateway:PATCH'],
        resources: [`arn:${partition}:apigateway:${region}::/restapis/${restApiId}/stages/${stage.stageName}`],
      }),
    );
    const resource = new CustomResource(this, 'Setting', {
      resourceType: 'Custom::RefreshAuthorization',
      serviceToken: settings.functionArn,
      serviceTimeout: TIMEOUT.plus(Duration.seconds(30)),
      // An update of the stage by CloudFormation may overwrite the patch, so that each change of either is followed by a patch.
      properties: {
        Hash: bundleHash('stage-settings'),
        Deployment: restApi.latestDeployment?.deploymentId,
        // As many as its function sends at once.
        PatchesPerCall: STAGE_PATCHES_PER_CALL,
        Settings: Lazy.string({ produce: () => JSON.stringify(methodSettings) }),
      },
    });
    resource.node.addDependency(stage, settings);
  }
}
