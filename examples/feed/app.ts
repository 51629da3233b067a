import { App } from 'aws-cdk-lib';
import { FeedStack } from './stack';

const app = new App();
new FeedStack(app, 'Feed');
app.synth();
