import { App } from 'aws-cdk-lib';
import { ProbeStack } from './probe-stack';

// For whoever deploys it: npx cdk --app "node --import tsx bin/verify/app.ts" deploy
const app = new App();
new ProbeStack(app);
app.synth();
