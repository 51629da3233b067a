import { App } from 'aws-cdk-lib';
import { SiteStack } from './stack';

const app = new App();
new SiteStack(app, 'Site');
app.synth();
