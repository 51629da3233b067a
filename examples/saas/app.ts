import { App } from 'aws-cdk-lib';
import { SaasStack } from './stack';

const app = new App();
new SaasStack(app, 'Saas');
app.synth();
