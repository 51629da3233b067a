export { type ConfirmHoldOptions, confirmHold, loadStock, SoldOutError, STOCK_TABLES, type StockClient } from './confirm-hold';
export type { Hold, OnHand } from './hold';
export {
  type AllHeld,
  Inventory,
  type InventoryOptions,
  type Reservation,
  type ReservationOfAll,
} from './inventory';
