import { TimeVersions } from '../../lambdas/runtime/versions/time';
import { versionSourceContract } from './version-source';

describe('versions by time', () => {
  /** A store whose replica has what the primary had 20 ms ago, or had when it was held. */
  const history: { at: number; value: number }[] = [{ at: 0, value: 0 }];
  let heldAt: number | undefined;
  const primary = () => history.at(-1)?.value;
  const replica = () => history.filter(({ at }) => at <= (heldAt ?? performance.now()) - 20).at(-1)?.value;

  // One process has one clock, so that there is no skew.
  const source = new TimeVersions({ primary, replica: { handle: replica, maxLagMs: 25 }, maxSkewMs: 0 });
  versionSourceContract(() => ({
    source,
    async write() {
      const value = history.length;
      history.push({ at: performance.now(), value });
      return { value, version: await source.current() };
    },
    read: async (handle: () => unknown) => handle(),
    async holdReplicas() {
      heldAt = performance.now();
      return async () => {
        heldAt = undefined;
      };
    },
  }));
});
