import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { TestPlatform } from '../../../test/support/platform';

/** Folder of the site beside the code of the function that deploys it. */
const SITE = 'site';

/** The site's resource, the function that deploys it, and the folder of its code. */
function deploymentOf({ model }: TestPlatform) {
  const [files] = model.resources('Custom::SiteFiles');
  if (!files) throw new Error("the example has no 'Custom::SiteFiles'");
  const arn = String(files.properties.ServiceToken);
  const fn = model.resources('AWS::Lambda::Function').find((each) => model.attribute(each, 'Arn') === arn)!;
  return { files, arn, code: fn.asset(fn.properties.Code.S3Key) };
}

/** Paths of the site's pages, as viewers ask for them. */
export function pagesOf(platform: TestPlatform): string[] {
  const { code } = deploymentOf(platform);
  const names = fs.readdirSync(path.join(code, SITE, 'cities'));
  return names.sort().map((name) => `/cities/${name}/`);
}

/**
 * The site once more, with so many other pictures, and the pages that show them.
 * @returns the folder of the function's code, and the paths of the pages that are different.
 */
export function changedSite(
  platform: TestPlatform,
  wantedPages: number,
): { readonly folder: string; readonly changed: string[] } {
  const { code } = deploymentOf(platform);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scenario-site-'));
  fs.cpSync(fs.realpathSync(code), folder, { recursive: true });
  const site = path.join(folder, SITE);
  const pages = new Map(
    fs.readdirSync(path.join(site, 'cities')).map((name) => {
      const file = path.join(site, 'cities', name, 'index.html');
      return [`/cities/${name}/`, { file, text: fs.readFileSync(file, 'utf8') }];
    }),
  );
  const changed: string[] = [];
  for (const picture of fs
    .readdirSync(path.join(site, 'static'))
    .filter((name) => name.startsWith('picture-'))
    .sort()) {
    if (changed.length >= wantedPages) break;
    const old = `/static/${picture}`;
    const text = fs.readFileSync(path.join(site, old), 'utf8').replace('</svg>', '<desc>another one</desc>\n</svg>');
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
    const name = `/static/${picture.replace(/\.[0-9a-f]+\.svg$/, `.${hash}.svg`)}`;
    fs.writeFileSync(path.join(site, name), text);
    fs.rmSync(path.join(site, old));
    for (const [url, page] of pages) {
      if (!page.text.includes(old)) continue;
      fs.writeFileSync(page.file, page.text.replaceAll(old, name));
      changed.push(url);
    }
  }
  return { folder, changed };
}

/** Deploys a site over the one that is there, as an update of the stack does. @throws {Error} where that fails. */
export async function deploy(platform: TestPlatform, folder: string): Promise<void> {
  const { files, arn } = deploymentOf(platform);
  await platform.lambda.replaceCode(arn, folder);
  const token = randomUUID();
  let forget: (() => void) | undefined;
  const answer = new Promise<string>((resolve) => {
    forget = platform.aws.onCustomResourceResponse(token, resolve, arn);
  });
  try {
    const invoked = await platform.functions.get(arn)!.invoke({
      RequestType: 'Update',
      ResponseURL: `${platform.urls.endpoint}/_custom-resource/${token}`,
      StackId: 'scenario',
      RequestId: randomUUID(),
      LogicalResourceId: files.logicalId,
      PhysicalResourceId: platform.model.ref(files),
      ResourceProperties: { ...files.properties, Files: folder },
    });
    if (invoked.functionError) throw new Error(`the deployment failed: ${invoked.payload}`);
    const { Status, Reason } = JSON.parse(await answer) as { Status: string; Reason?: string };
    if (Status !== 'SUCCESS') throw new Error(`the deployment failed: ${Reason}`);
  } finally {
    forget?.();
  }
}
