import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { SITE_FOLDER } from '../../lib/contract/site';
import type { Site } from '../../lib/route';
import { createBus } from '../platform/bus';
import { customResource } from '../platform/custom-resource';
import { environment } from '../platform/environment';
import { log } from '../platform/log';
import { deploySite } from './deploy-site';
import { s3Bucket } from './s3-bucket';
import { siteFiles } from './site-files';

/** Most tags of one purge: what the outbox takes. */
const TAGS_OF_A_PURGE = 50;

const bus = createBus({ name: environment.busName });

/** Asks for purges of pages, by the bus. @throws {Error} where one isn't accepted. */
async function purge(tags: readonly string[]): Promise<void> {
  const parts = Array.from({ length: Math.ceil(tags.length / TAGS_OF_A_PURGE) }, (_, part) =>
    tags.slice(part * TAGS_OF_A_PURGE, (part + 1) * TAGS_OF_A_PURGE),
  );
  const failed = await bus.publish(
    parts.map((part) => ({
      type: 'PurgeSubmitted' as const,
      detail: { purgeId: randomUUID(), tags: part, mode: 'delete' as const },
    })),
  );
  if (failed.size > 0) throw new Error(`${failed.size} of ${parts.length} purges weren't accepted by the bus`);
}

/** Brings the bucket of a site to the files that came with this function, whenever the stack is deployed with others. */
export const handler = customResource({
  physicalResourceId: 'cachement-site',
  run: async ({ ResourceProperties = {} }) => {
    const site = JSON.parse(String(ResourceProperties.Site)) as Site;
    const { siteBucket: name, region, credentials, s3EndpointUrl: endpointUrl } = environment;
    const report = await deploySite({
      files: siteFiles(path.join(__dirname, SITE_FOLDER), site),
      bucket: s3Bucket({ name, region, credentials, endpointUrl }),
      purge,
      keepAssetsSeconds: Number(ResourceProperties.KeepAssetsSeconds),
      now: Date.now(),
    });
    log.info('site deployed', { ...report });
    return { ...report };
  },
});
