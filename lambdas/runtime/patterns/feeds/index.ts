export {
  type FeedItem,
  type FeedPage,
  Feeds,
  type FeedsOptions,
  type OfFollowers,
  type Post,
  type Published,
  type Rebuilt,
} from './feeds';
