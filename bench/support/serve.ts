/** Methods of a child process, by name; its parent calls them through {@link Child}. */
export type Methods = Record<string, (...args: never[]) => unknown>;

/** Answers a parent's calls, one after another. Ends with its parent. */
export function serve(methods: Methods): void {
  process.on('message', async ({ id, method, args }: { id: number; method: string; args: never[] }) => {
    try {
      process.send?.({ id, value: await methods[method]?.(...args) });
    } catch (error) {
      process.send?.({ id, error: (error as Error).stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
}

/** Tells the parent something that it hasn't asked for. */
export function tell(event: unknown): void {
  process.send?.({ event });
}
