import { App } from 'aws-cdk-lib';
import cdkJson from '../cdk.json';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';
import { sample } from './sample';

// The CDK's command line passes the same context; without it, the templates would be others.
const app = new App({ context: cdkJson.context });
addCachement(app, { ...sample, config: stageConfig(app.node.tryGetContext('stage') ?? 'dev') });
app.synth();
