/* Packages that are named by code of the pages, and aren't installed here, or have no types. */

declare module 'express' {
  interface Request {
    readonly params: Record<string, string>;
  }
  interface Response {
    status(code: number): Response;
    json(body: unknown): Response;
  }
  export default function express(): {
    get(
      path: string,
      handler: (request: Request & { readonly params: { readonly id: string } }, response: Response) => unknown,
    ): void;
    listen(port: number): void;
  };
}

declare module 'superjson' {
  const superjson: { stringify(value: unknown): string; parse<T = unknown>(text: string): T };
  export default superjson;
}

declare module '@aws-sdk/credential-providers' {
  export function fromNodeProviderChain(): () => Promise<{
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken?: string;
  }>;
}
