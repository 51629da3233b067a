import { defineRoute, hours, minutes, type Route, seconds } from 'cachement/route';

/** One post by its id: the same for everybody, so that each tier keeps it until it is edited or deleted. */
export const post: Route = defineRoute({
  name: 'post',
  path: '/posts/{id}',
  freshness: {
    memoryTtlSeconds: seconds(1),
    sharedTtlSeconds: hours(24),
    // Nothing is purged for a new post, so that nobody may be told for long that it isn't there.
    negativeTtlSeconds: seconds(1),
    gatewayTtlSeconds: minutes(5),
    edgeTtlSeconds: hours(1),
  },
  tags: ['post:{id}'],
});

/** New posts. */
export const posts: Route = defineRoute({ name: 'posts', path: '/posts' });

/** Latest posts of a person. */
export const postsOfPerson: Route = defineRoute({ name: 'posts-of-person', path: '/people/{id}/posts' });

/** Timeline of a person. It is cached within, so that it shows what was posted a moment ago. */
export const feed: Route = defineRoute({ name: 'feed', path: '/people/{id}/feed', query: { cursor: {} } });

/** The timeline as a page, rendered on the server. */
export const feedPage: Route = defineRoute({ name: 'feed-page', path: '/pages/people/{id}', query: { cursor: {} } });

/** Whom a person follows. */
export const follow: Route = defineRoute({ name: 'follow', path: '/people/{id}/follows/{author}' });
