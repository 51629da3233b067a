import './environment';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { siteCacheControl, sitePathOf } from 'cachement/route';
import { buildSite } from '../build';
import { handler } from '../functions/notes';
import { renderCity } from '../pages';
import { site } from '../site';
import { SiteStack } from '../stack';

function built(pages: number, assets: number): string[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'site-'));
  try {
    buildSite(folder, { pages, assets });
    return fs.readdirSync(folder, { recursive: true }).map((name) => String(name));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

describe('the site', () => {
  test('has a page for each city, and assets whose names change with their content', () => {
    const names = built(30, 5);
    assert.equal(names.filter((name) => /^cities\/.*index\.html$/.test(name)).length, 30);
    assert.equal(names.filter((name) => /^static\/[\w-]+\.[0-9a-f]{10}\.\w+$/.test(name)).length, 5);
    assert.ok(names.includes(path.join('cities', 'reykjavik', 'index.html')));
  });

  test('has browsers ask for pages each time, and never again for assets', () => {
    assert.match(siteCacheControl(sitePathOf(site, '/cities/oslo/')), /^max-age=0, s-maxage=3600, /);
    assert.equal(
      siteCacheControl(sitePathOf(site, '/static/site.0123456789.css')),
      'max-age=31536000, s-maxage=31536000, immutable',
    );
  });

  test('shows a name as text', () => {
    const page = renderCity(
      { id: 1, name: '<b>Oslo</b>', country: 'Norway', population: 1 },
      { style: '', script: '', pictures: [] },
    );
    assert.match(page, /<h1>&lt;b&gt;Oslo&lt;\/b&gt;<\/h1>/);
  });
});

describe('the stack', () => {
  const template = Template.fromStack(new SiteStack(new App(), 'Site'));

  test('reads from its bucket whatever is no route', () => {
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({
        CacheBehaviors: Match.arrayWith([Match.objectLike({ PathPattern: '/*', AllowedMethods: ['GET', 'HEAD'] })]),
      }),
    });
  });

  test('lets nobody change a note who does not sign', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'PUT', AuthorizationType: 'AWS_IAM' });
  });
});

describe('the function', () => {
  test('answers one spelling of an id, before it asks the database', async () => {
    const { statusCode, body } = await handler({ httpMethod: 'GET', path: '/api/notes/007' });
    assert.equal(statusCode, 400);
    assert.match(body, /'id' must be a whole number from 1 on, got: '007'/);
  });

  test('refuses a note that is too long', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(201) });
    assert.match(
      (await handler({ httpMethod: 'PUT', path: '/api/notes/1', body })).body,
      /'text' must be at most 200 characters, got: 201/,
    );
  });
});
