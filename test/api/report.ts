import * as path from 'node:path';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

/** Entry point of the package. */
export interface EntryPoint {
  /** Its file in the folder of reports is named so. */
  readonly name: string;
  /** Its declarations. */
  readonly file: string;
}

export interface ReportOptions {
  readonly root: string;
  /** Folder of the reports, which are reviewed with the change that changes them. */
  readonly reports: string;
  /** For what isn't kept. */
  readonly temporary: string;
  /** Names that needn't be exported by an entry point: another one does, or nobody outside can make use of them. */
  readonly known: ReadonlySet<string>;
  /** True to update the reports. */
  readonly update: boolean;
}

function configOf({ name, file }: EntryPoint, entryPoints: readonly EntryPoint[], options: ReportOptions): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: path.join(options.root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: options.root,
      mainEntryPointFilePath: file,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'nodenext',
            moduleResolution: 'nodenext',
            target: 'es2022',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
            noEmit: true,
          },
          files: entryPoints.map((entryPoint) => entryPoint.file),
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: options.reports,
        reportTempFolder: options.temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        // What has no doc comment is said by a rule of our own; there is one kind of release; and `@default` is the CDK's tag,
        // not TSDoc's.
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
  });
}

/** Reads every entry point's declarations as one program. */
export function compile(entryPoints: readonly EntryPoint[], options: ReportOptions): CompilerState {
  return CompilerState.create(configOf(entryPoints[0]!, entryPoints, options), {
    additionalEntryPoints: entryPoints.map(({ file }) => file),
  });
}

/** @returns what isn't as it was when it was last reviewed, and what a declaration names that isn't exported. */
export function reportProblems(
  entryPoint: EntryPoint,
  entryPoints: readonly EntryPoint[],
  compilerState: CompilerState,
  options: ReportOptions,
): string[] {
  const problems: string[] = [];
  const result = Extractor.invoke(configOf(entryPoint, entryPoints, options), {
    localBuild: options.update,
    compilerState,
    messageCallback: (message) => {
      message.handled = true;
      if (message.category === 'Compiler') problems.push(`${entryPoint.name}: ${message.text}`);
      // What another entry point exports can be had there.
      const [, forgotten] = (message.messageId === 'ae-forgotten-export' && /"(.+?)(_\d+)?"/.exec(message.text)) || [];
      if (forgotten && !options.known.has(forgotten)) {
        problems.push(
          `${entryPoint.name}: '${forgotten}' is part of the public API and isn't exported: export it, or keep it out`,
        );
      }
    },
  });
  if (result.apiReportChanged && !options.update) {
    const [kept, now] = [options.reports, options.temporary].map((folder) =>
      path.relative(options.root, path.join(folder, `${entryPoint.name}.api.md`)),
    );
    problems.push(
      `${entryPoint.name}: the public API isn't as it was reviewed: compare ${kept} with ${now}; where the change is meant, run 'npm run check:api -- --update', and commit the report with it`,
    );
  }
  return problems;
}
