/** Value that a table itself has under a name from outside; never one of `Object.prototype`, such as `constructor`. */
export function own<T>(table: Readonly<Record<string, T>> | undefined, name: string | undefined): T | undefined {
  return table !== undefined && name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}
