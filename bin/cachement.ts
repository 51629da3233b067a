import { App } from 'aws-cdk-lib';
import { places } from '../examples/places';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';

// Context, with the stage and the CDK's feature flags, comes from cdk.json by whoever runs this: `cdk`, or `npm start`.
const app = new App();
addCachement(app, { ...places, config: stageConfig(app.node.tryGetContext('stage') ?? 'dev') });
app.synth();
