import * as path from 'node:path';

/** @returns folder of a bundled function of `functions/`. */
export const bundleOf = (name: string): string => path.resolve(__dirname, '../../assets/places', name);
