import { Cache, type SharedStore } from 'cachement/runtime';
import { TimeVersions } from 'cachement/runtime/versions/time';

/** What is used of `DynamoDBDocument` of `@aws-sdk/lib-dynamodb`. */
export interface Documents {
  get(input: object): Promise<{ Item?: Record<string, unknown> }>;
  update(input: object): Promise<{ Attributes?: Record<string, unknown> }>;
}

/** An item of the table. `version` counts its changes. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

/** Products of a table, each by its id. */
export function productsOf(shared: SharedStore, documents: Documents, TableName: string) {
  const cache = new Cache({ shared, source: new TimeVersions({ primary: documents }) });
  const products = cache.namespace('products', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 3600 } });
  return {
    read: (id: string) =>
      products.getOrSet(id, async (table): Promise<Product | undefined> => {
        // An eventually consistent read may miss a write that was acknowledged, by a time that nobody promises.
        const { Item } = await table.get({ TableName, Key: { id }, ConsistentRead: true });
        return Item as Product | undefined;
      }),
    /** @throws ConditionalCheckFailedException where somebody else has changed the product since it was read. */
    async rename({ id, version }: Product, name: string): Promise<Product> {
      const { Attributes } = await documents.update({
        TableName,
        Key: { id },
        UpdateExpression: 'SET #name = :name, #version = #version + :one',
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#name': 'name', '#version': 'version' },
        ExpressionAttributeValues: { ':name': name, ':version': version, ':one': 1 },
        ReturnValues: 'ALL_NEW',
      });
      const changed = Attributes as unknown as Product;
      // Of two writers the one with the higher version stays, whichever comes last.
      await products.set(id, changed, { rowVersion: changed.version });
      return changed;
    },
    close: () => cache.close(),
  };
}
