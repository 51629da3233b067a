import { App } from 'aws-cdk-lib';
import { StoreStack } from './stack';

const app = new App();
new StoreStack(app, 'Store');
app.synth();
