import { App } from 'aws-cdk-lib';
import cdkJson from '../cdk.json';
import { addCachement } from '../lib/stacks/app';
import { stageConfig } from '../lib/stacks/stage';
import { health, place, placesOfCountry, purge } from '../routes';

// The CDK's command line passes the same context; without it, the templates would be others.
const app = new App({ context: cdkJson.context });

addCachement(app, {
  config: stageConfig(app.node.tryGetContext('stage') ?? 'dev'),
  routes: [place, placesOfCountry, purge, health],
  writes: [{ route: place, method: 'PATCH' }],
  restricted: [purge],
  examples: [
    { id: 'Place', shows: 'a place; ask twice, and look at X-Cache and Cache-Status', path: '/places/2950159' },
    { id: 'Country', shows: 'the largest places of a country', path: '/places?country=DE&limit=20&page=1' },
    {
      id: 'Change',
      shows: 'a change, whose purge reaches the edge in seconds',
      path: '/places/2950159',
      method: 'PATCH',
      body: { population: 3_755_251 },
    },
    { id: 'Purge', shows: 'what a purge did; put the purgeId of a change here', path: '/purges/{purgeId}' },
    { id: 'Health', shows: "each tier's state", path: '/health' },
  ],
});

app.synth();
