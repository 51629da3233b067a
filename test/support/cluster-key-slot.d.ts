declare module 'cluster-key-slot' {
  /** The hash slot of a key, 0 to 16383. */
  function keySlot(key: string): number;
  export = keySlot;
}
