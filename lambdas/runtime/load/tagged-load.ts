import type { TagMark } from '../entry/envelope';
import { LoadRecorder } from '../loader';
import type { ReadRequest, SessionWrites } from '../read-request';
import { type Capture, type TagVersions, union } from '../tags';
import type { Loaded, LoadRequest } from '../versions/source';
import { laterVersion, previousVersion, type Version } from '../versions/version';
import { asLoadOf } from './nested-loads';
import type { LimitedSource } from './time-limit';

/** Result of a load, with the marks that its tags had before it began. */
export interface TaggedLoad {
  readonly loaded: Loaded<unknown>;
  /** Version of the load, or of the oldest value that it was made from. */
  readonly version: Version | '-';
  readonly marks: readonly TagMark[];
  readonly tags: readonly string[];
  /** Reason not to fill it; undefined where it may be filled. */
  readonly refusal?: 'unfillable' | 'unpredicted-tags' | 'too-old' | undefined;
}

/**
 * Runs a loader whose tags were captured before. Where it names tags that weren't, their versions are captured and it runs once
 * more; where it then names others still, its value is returned and not filled.
 *
 * @param lifeMs life of a tag that nobody has used, in milliseconds.
 * @throws whatever the loader throws.
 */
export async function taggedLoad<Handle>(
  tags: TagVersions,
  source: LimitedSource<Handle>,
  request: Pick<ReadRequest<unknown, Handle>, 'entryName' | 'key' | 'loader' | 'tags'>,
  captured: Capture,
  fence: Version | undefined,
  lifeMs: number,
): Promise<TaggedLoad> {
  const marks = new Map(captured.marks.map((mark) => [mark.tag, mark]));
  let minVersion = laterVersion(fence, captured.minVersion);
  for (let run = 1; ; run++) {
    const recorder = new LoadRecorder(request.key);
    const loaded = await runLoader(source, request, recorder, { minVersion });
    const names = union(request.tags, recorder.tags);
    const own = names.flatMap((name) => marks.get(name) ?? []);
    const { oldest } = recorder;
    const version = recorder.atMost(loaded.version);
    const result = (refusal: TaggedLoad['refusal']): TaggedLoad => ({ loaded, version, tags: names, marks: own, refusal });
    if (own.length === names.length) {
      // A primary's load rests on its lease, but what it includes was loaded earlier. Equal isn't enough: two commits can lie at
      // one position.
      const tooOld = oldest && minVersion && oldest <= minVersion;
      return result(loaded.fillable ? (tooOld ? 'too-old' : undefined) : 'unfillable');
    }
    if (run === 2) return result('unpredicted-tags');
    try {
      const more = await tags.capture(
        names.filter((name) => !marks.has(name)),
        lifeMs,
      );
      for (const mark of more.marks) marks.set(mark.tag, mark);
      minVersion = laterVersion(minVersion, more.minVersion);
    } catch {
      return result('unpredicted-tags');
    }
  }
}

/** Runs a loader once, on a server that has what it must contain. */
export function runLoader<Handle>(
  source: LimitedSource<Handle>,
  entry: Pick<ReadRequest<unknown, Handle>, 'entryName' | 'key' | 'loader'>,
  recorder: LoadRecorder,
  request: LoadRequest,
): Promise<Loaded<unknown>> {
  const run = (handle: Handle, signal: AbortSignal) => {
    recorder.signal = signal;
    return entry.loader(handle, recorder);
  };
  return asLoadOf(entry, () => source.load(run, request));
}

/**
 * Version that an entry may claim. A primary's load claims one less than the position before it, which on an idle primary is just
 * below the reader's own ticket, though the load began after the reader's commit: it claims the ticket then. A forged ticket is
 * not that close.
 */
export function claimedVersion(
  { loaded, version }: Pick<TaggedLoad, 'loaded' | 'version'>,
  ticket: Pick<SessionWrites, 'latest'> | undefined,
): Version | '-' {
  const latest = ticket?.latest;
  const own = latest && loaded.origin === 'primary' && version === loaded.version;
  return own && previousVersion(latest) === version ? latest : version;
}
