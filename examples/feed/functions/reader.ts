import {
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  platformEndpoints,
  type Request,
  uncached,
} from 'cachement/functions';
import { feedsOf } from '../feeds';
import { renderFeed } from '../page';
import { idOf, loadPost } from '../people';
import { feed, feedPage, post, postsOfPerson } from '../routes';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const { feeds, latestOf, postsOf } = feedsOf(cache, database);

const getPost: Handler = async ({ parameters, read }) => {
  const id = idOf(parameters.id);
  return cached(post, await read(cache, { id }, (handle) => loadPost(handle, id)), { absent: `there is no post ${id}` });
};

async function feedOf({ parameters: { id, cursor } }: Request) {
  const person = idOf(id);
  const page = await feeds.read(person, { cursor: cursor || undefined }).catch((error: { code?: string }) => {
    throw error.code === 'E_INVALID_ARGUMENT' ? new Problem(400, "'cursor' must be one that came with a page") : error;
  });
  return { person, posts: await postsOf(page.items.map((item) => item.id)), ...(page.cursor && { cursor: page.cursor }) };
}

const getFeed: Handler = async (request) => {
  const { posts, cursor } = await feedOf(request);
  return uncached(200, { posts, cursor });
};

const getPage: Handler = async (request) => ({
  ...uncached(200, undefined, { 'content-type': 'text/html; charset=utf-8' }),
  body: renderFeed(await feedOf(request)),
});

const getPostsOfPerson: Handler = async ({ parameters }) => {
  const [latest = []] = await latestOf([idOf(parameters.id)]);
  return uncached(200, { posts: await postsOf(latest.slice(0, 20).map(({ id }) => id)) });
};

export const handler = createRouter([
  { route: post, GET: getPost },
  { route: feed, GET: getFeed },
  { route: feedPage, GET: getPage },
  { route: postsOfPerson, GET: getPostsOfPerson },
  ...platformEndpoints({ database, cache }),
]);
