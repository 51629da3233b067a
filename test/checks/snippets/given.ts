import type * as NodePath from 'node:path';
import type * as cdk from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type * as cachement from 'cachement';
import type * as functions from 'cachement/functions';
import type * as runtime from 'cachement/runtime';
import type { compression as Compression } from 'cachement/runtime/codecs/compression';
import type { VersionSourceSubject } from 'cachement/runtime/testing';
import type * as postgres from 'cachement/runtime/versions/postgres';
import type { Client, Pool } from 'pg';

/*
 * Names that code of the pages uses and doesn't define, because the text around it, or code above it, does. They are globals, so
 * that this file is compiled with that code alone.
 */

declare global {
  // Imported by code above, or by everybody who reads the page.
  const path: typeof NodePath;
  const defineRoute: typeof cachement.defineRoute;
  const CachingPlatform: typeof cachement.CachingPlatform;
  const Cache: typeof runtime.Cache;
  const RedisStore: typeof runtime.RedisStore;
  const PostgresVersions: typeof postgres.PostgresVersions;
  const compression: typeof Compression;
  const requestPurge: typeof functions.requestPurge;

  // The application.
  interface Product {
    readonly id: string;
    readonly name: string;
  }
  const id: string;
  const tags: string[];
  const policy: runtime.NamespacePolicy;
  const loadProduct: (handle: postgres.Handle) => Promise<Product | undefined>;
  const loader: typeof loadProduct;
  const cookie: string;
  const version: string;
  const position: { readonly latitude: number; readonly longitude: number };
  const rowVersion: number;
  const orm: { execute(text: string, values: unknown[]): Promise<{ rows: unknown[] }> };
  const metrics: { count(name: string): void };

  // Servers, and who signs in to them.
  const client: Client;
  const pool: Pool;
  const replicaPool: Pool;
  const endpoint: string;
  const credentials: () => Promise<{ username: string; password: string }>;
  const secret: { value(): Promise<{ username: string; password: string }> };
  const connection: runtime.RedisConnection;

  // The cache library.
  const shared: runtime.RedisStore;
  const source: postgres.PostgresVersions;
  const cache: runtime.Cache<postgres.Handle>;
  const products: runtime.Namespace<postgres.Handle>;
  const positions: runtime.Namespace<postgres.Handle>;
  const store: runtime.SharedStore;
  const write: VersionSourceSubject['write'];
  const read: VersionSourceSubject['read'];
  const writer: functions.Writer;

  // Constructs of the application.
  const app: cdk.App;
  const handler: NodejsFunction;
  const network: cachement.IPlatformNetwork;
  const distribution: cloudfront.Distribution;
}
