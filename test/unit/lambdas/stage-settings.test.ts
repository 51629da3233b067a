import { requireRefreshAuthorization } from '../../../lambdas/platform/refresh-authorization';

test('refreshes need authorisation in all methods, and in those with settings of their own', async () => {
  const sent: unknown[] = [];
  const client = { send: async ({ input }: { input: unknown }) => void sent.push(input) };
  await requireRefreshAuthorization({
    restApiId: 'r',
    stageName: 'live',
    methods: ['/~1places~1{id}/GET'],
    client: client as never,
  });
  const replace = (path: string, value: string) => ({ op: 'replace', path, value });
  expect(sent).toEqual([
    {
      restApiId: 'r',
      stageName: 'live',
      patchOperations: ['/*/*', '/~1places~1{id}/GET'].flatMap((method) => [
        replace(`${method}/caching/requireAuthorizationForCacheControl`, 'true'),
        replace(`${method}/caching/unauthorizedCacheControlHeaderStrategy`, 'FAIL_WITH_403'),
      ]),
    },
  ]);
});
