import { App } from 'aws-cdk-lib';
import { IotStack } from './stack';

const app = new App();
new IotStack(app, 'Iot');
app.synth();
