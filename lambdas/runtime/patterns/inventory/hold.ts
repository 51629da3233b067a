/** Row of an item, as the database has it. */
export interface OnHand {
  /** Units that aren't sold. */
  readonly onHand: number;
  /** Version of the row, which grows by one with each change of it. */
  readonly version: number;
}

/** Units of an item that somebody wants for themselves. */
export interface Hold {
  /** Id of the hold, the caller's: that of an order's line, say. A repetition with it is answered as the first was. */
  readonly holdId: string;
  /** Item. */
  readonly sku: string;
  /** Units, a whole number. */
  readonly quantity: number;
}
