import { App } from 'aws-cdk-lib';
import { CatalogueStack } from './stack.js';

const app = new App();
// As in: npx esbuild handler.ts --bundle --platform=node --external:@aws-sdk/* --outfile=build/index.js
new CatalogueStack(app, 'Catalogue', { bundle: 'build' });
app.synth();
