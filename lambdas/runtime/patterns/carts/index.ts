export type { CartLines } from './cart-state';
export { CART_TABLE, type CartClient, type CartTableOptions, flushCarts } from './cart-table';
export {
  type CartRead,
  Carts,
  type CartsOptions,
  type CartUpdate,
  type MergeRequest,
  type UpdateOptions,
} from './carts';
