import { CustomResource, Duration, Lazy, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { bundleHash } from '../functions/bundle-hash';
import { PlatformFunction } from '../functions/platform-function';

export interface RefreshAuthorizationProps {
  readonly restApi: apigateway.RestApi;

  /** Settings of the stage's methods, as they are in the end; those that are cached are concerned. */
  readonly methodSettings: readonly apigateway.CfnStage.MethodSettingProperty[];

  /** @default RemovalPolicy.RETAIN */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** One call of an API that answers in a second, tried a few times. */
const TIMEOUT = Duration.seconds(30);

/**
 * Lets only those refresh a key of the stage cache who may (`execute-api:InvalidateCache`), and refuses requests of others that ask for it
 * with 403. CloudFormation can't say it of a stage, so that a function does, whenever the stage is deployed anew.
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
        REST_API_ID: restApiId,
        API_STAGE_NAME: stage.stageName,
        CACHED_METHODS: Lazy.string({ produce: () => JSON.stringify(methods()) }),
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
      // What CloudFormation sets of a stage may replace what was patched, so that each change of either is followed by a patch.
      properties: {
        Hash: bundleHash('stage-settings'),
        Deployment: restApi.latestDeployment?.deploymentId,
        Settings: Lazy.string({ produce: () => JSON.stringify(methodSettings) }),
      },
    });
    resource.node.addDependency(stage, settings);
  }
}
