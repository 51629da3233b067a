import { hashSlot, SLOTS } from '../shared/hash-slot';

let names: string[] | undefined;

/**
 * Short name of a cluster's slot, which lies in it: `{name}` puts a key beside any other of the slot. The first call takes some
 * 30 ms.
 */
export function slotName(slot: number): string {
  names ??= allNames();
  return names[slot] as string;
}

function allNames(): string[] {
  const found = new Array<string>(SLOTS);
  for (let i = 0, left = SLOTS; left > 0; i++) {
    const name = i.toString(36);
    const slot = hashSlot(name);
    if (found[slot] !== undefined) continue;
    found[slot] = name;
    left--;
  }
  return found;
}
