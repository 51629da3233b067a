import './environment';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { changeOf, guestCartOf, newGuestCart, withQuantity } from '../carts';
import { handler as accounts } from '../functions/accounts';
import { handler as ordering } from '../functions/orders';
import { handler as reader } from '../functions/reader';
import { handler as writer } from '../functions/writer';
import { renderCart, renderProduct } from '../page';
import { StoreStack } from '../stack';

describe('the stack', () => {
  const template = Template.fromStack(new StoreStack(new App(), 'Store'));

  test('has the stage cache keep a product by its id', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'GET',
      Integration: { CacheKeyParameters: ['method.request.path.id'] },
    });
  });

  test('lets nobody change a price who does not sign', () => {
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'PUT', AuthorizationType: 'AWS_IAM' });
  });

  test('computes trends every five minutes, and not for a reader', () => {
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)', Targets: [Match.anyValue()] });
  });

  test('migrates the schema when its SQL changes', () => {
    template.hasResourceProperties('Custom::SchemaMigration', { Schema: Match.stringLikeRegexp('^[0-9a-f]{64}$') });
  });
});

describe('the functions', () => {
  test('answer one spelling of an id, before they ask the database', async () => {
    const { statusCode, body } = await reader({ httpMethod: 'GET', path: '/products/007' });
    assert.equal(statusCode, 400);
    assert.match(body, /'id' must be a whole number from 1 on, got: '007'/);
  });

  test('refuse a price that is none', async () => {
    const { statusCode, body } = await writer({ httpMethod: 'PUT', path: '/products/1', body: '{"priceCents": "free"}' });
    assert.equal(statusCode, 400);
    assert.match(body, /'priceCents' must be a whole number of cents, got: \\"free\\"/);
  });

  test('refuse an order without an id of its own, by which a repetition is known', async () => {
    const { statusCode, body } = await ordering({ httpMethod: 'POST', path: '/orders', body: '{"productId": 1, "quantity": 1}' });
    assert.equal(statusCode, 400);
    assert.match(body, /'holdId' must be at most 64 letters/);
  });

  test('refuse a cursor that no page came with', async () => {
    const { statusCode } = await reader({
      httpMethod: 'GET',
      path: '/search',
      queryStringParameters: { q: 'lamp', cursor: '20' },
    });
    assert.equal(statusCode, 400);
  });

  test('sign nobody in without a password', async () => {
    const { statusCode, body } = await accounts({
      httpMethod: 'POST',
      path: '/auth/login',
      body: '{"email": "user-1@example.com"}',
    });
    assert.equal(statusCode, 400);
    assert.match(body, /'email' and 'password' must be texts/);
  });

  test('know nobody who has no cookie', async () => {
    const { statusCode } = await accounts({ httpMethod: 'GET', path: '/auth/me' });
    assert.equal(statusCode, 401);
  });

  test('show an empty cart to whoever has none, and give nobody one for looking', async () => {
    const { statusCode, headers, body } = await ordering({ httpMethod: 'GET', path: '/cart' });
    assert.equal(statusCode, 200);
    assert.equal(headers['set-cookie'], undefined);
    assert.match(body, /There is nothing in it/);
  });

  test('refuse a change of a cart that names no product', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const { statusCode } = await ordering({ httpMethod: 'POST', path: '/cart', headers, body: 'add=1' });
    assert.equal(statusCode, 400);
  });

  test('say what a path answers', async () => {
    const { statusCode, headers } = await writer({ httpMethod: 'DELETE', path: '/products/1' });
    assert.equal(statusCode, 405);
    assert.equal(headers.allow, 'PUT');
  });
});

describe('a cart', () => {
  const [one, two] = [
    { sku: '1', quantity: 1 },
    { sku: '2', quantity: 2 },
  ];

  test('has one line of each product, in the order in which they came', () => {
    const { next: more } = changeOf({ productId: '1', add: '4' });
    assert.deepEqual(more({ lines: [one, two] }).lines, [{ sku: '1', quantity: 5 }, two]);
    const { next: other } = changeOf({ productId: '3', add: '1' });
    assert.deepEqual(other({ lines: [one, two] }).lines, [one, two, { sku: '3', quantity: 1 }]);
  });

  test('has no line of what nobody wants, and never more than a hundred pieces', () => {
    assert.deepEqual(changeOf({ productId: '1', quantity: '0' }).next({ lines: [one, two] }).lines, [two]);
    assert.deepEqual(changeOf({ productId: '3', quantity: '0' }).next({ lines: [one] }).lines, [one]);
    assert.deepEqual(withQuantity({ lines: [two] }, '2', (had) => had + 99).lines, [{ sku: '2', quantity: 100 }]);
  });

  test('is changed by whole numbers only', () => {
    for (const quantity of ['', '-1', '1.5', '101', '1e1']) {
      assert.throws(() => changeOf({ productId: '1', quantity }), /must be a whole number of at most 100/);
    }
  });

  test('of a guest has a name that nobody else sends by chance, and that no customer has', () => {
    const { cartId, cookie } = newGuestCart();
    assert.equal(guestCartOf(`a=b; ${cookie.split(';')[0]}`), cartId);
    assert.notEqual(newGuestCart().cartId, cartId);
    assert.match(cartId, /^guest-.{22}$/);
    for (const other of [undefined, '__Host-cart=user-1', 'x__Host-cart=AAAAAAAAAAAAAAAAAAAAAA'])
      assert.equal(guestCartOf(other), undefined);
  });

  test('is shown with what it costs', () => {
    const shown = renderCart([{ id: 1, name: '<b>Lamp</b>', priceCents: 3900, quantity: 2 }]);
    assert.match(shown, /&lt;b&gt;Lamp&lt;\/b&gt;/);
    assert.match(shown, /Order for 78\.00 EUR/);
  });
});

test('the page shows a name as text', () => {
  assert.match(
    renderProduct({ id: 1, name: '<b>Lamp</b>', category: 'lamps', priceCents: 3900, reviews: [], ratings: [] }),
    /<h1>&lt;b&gt;Lamp&lt;\/b&gt;<\/h1>/,
  );
});
