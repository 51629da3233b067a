import { createRouter, type Handler, Problem, requestPurge, uncached, writerFromEnvironment } from 'cachement/functions';
import { routeTags } from 'cachement/route';
import { changePrice, priceOf, productId } from '../products';
import { product, productsOfCategory } from '../routes';

const writer = writerFromEnvironment();

const putPrice: Handler = async ({ parameters, json }) => {
  const id = productId(parameters.id);
  const priceCents = priceOf(json());
  return uncached(
    200,
    await writer.transaction(async (client) => {
      const changed = await changePrice(client, id, priceCents);
      if (!changed) throw new Problem(404, `there is no product ${id}`);
      // Committed with the change, or not at all; every tier is purged of it within seconds.
      const tags = [...routeTags(product, { id }), ...routeTags(productsOfCategory, { category: changed.category })];
      return { ...changed, purgeId: await requestPurge(client, tags) };
    }),
  );
};

export const handler = createRouter([{ route: product, PUT: putPrice }]);
