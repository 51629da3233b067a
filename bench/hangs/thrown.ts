/** Loaders that fail in ways that code which handles errors may not expect. */
export const THROWN: readonly (() => unknown)[] = [
  async () => {
    throw new Error('async');
  },
  () => {
    throw new Error('sync');
  },
  () => Promise.reject(),
  () => Promise.reject(null),
  () => Promise.reject(0),
  () => Promise.reject(''),
  () => Promise.reject('a text'),
  () => Promise.reject(Symbol('a symbol')),
  () => Promise.reject(Object.freeze(new Error('frozen'))),
  () => Promise.reject(Object.create(null)),
  () =>
    Promise.reject({
      get message() {
        throw new Error('in a getter');
      },
      get code() {
        throw new Error('in a getter');
      },
    }),
  () =>
    Promise.reject(
      new Proxy(
        {},
        {
          get() {
            throw new Error('in a trap');
          },
          getPrototypeOf() {
            throw new Error('in a trap');
          },
        },
      ),
    ),
  () => Promise.reject(() => {}),
  // Not a promise of this realm, and one that fails when it is asked.
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('thenable')) }),
  () => ({
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    get then() {
      throw new Error('in then');
    },
  }),
];
