import { days, defineSite, hours, minutes, type Site } from 'cachement/route';

/** Times for which the edge and browsers keep the files. A page that changes is purged; a browser asks the edge each time. */
export const site: Site = defineSite({
  paths: {
    // Names carry a hash of the content, so that nobody ever needs to ask for one again.
    '/static/*': { edgeTtlSeconds: days(365), immutable: true },
    // Should a purge or the bucket fail, an old page is better than none.
    '/cities/*': { edgeTtlSeconds: hours(1), staleWhileRevalidateSeconds: days(1), staleIfErrorSeconds: days(1) },
    '*': { edgeTtlSeconds: minutes(5), staleIfErrorSeconds: days(1) },
  },
});
