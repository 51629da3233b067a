import { createRouter, type Handler, Problem, requestPurge, uncached, writerFromEnvironment } from 'cachement/functions';
import { changePrice, priceOf, productId } from '../products';
import { product, tagsOf } from '../routes';

const writer = writerFromEnvironment();

const putPrice: Handler = async ({ parameters, json }) => {
  const id = productId(parameters.id);
  const priceCents = priceOf(json());
  const changed = await writer.transaction(async (client) => {
    const row = await changePrice(client, id, priceCents);
    if (!row) throw new Problem(404, `there is no product ${id}`);
    // Committed with the change, or not at all; every tier is purged of it within seconds.
    return { ...row, purgeId: await requestPurge(client, tagsOf(row)) };
  });
  return uncached(200, changed);
};

export const handler = createRouter([{ route: product, PUT: putPrice }]);
