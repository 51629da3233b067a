import { type Random, seeded } from '../../bench/consistency/random';

/**
 * Choices of a fuzz and how many rounds it has: seeded, so that what failed once fails again. `FUZZ_SEED` and `FUZZ_ROUNDS` give
 * another seed, and more rounds: `npm run bench -- fuzz` sets both.
 *
 * @param rounds of a run among all tests, which takes a moment
 */
export function fuzz(rounds: number): { readonly choices: Random; readonly rounds: number } {
  const { FUZZ_SEED, FUZZ_ROUNDS } = process.env;
  return { choices: seeded(Number(FUZZ_SEED ?? 20_261_128)), rounds: Number(FUZZ_ROUNDS ?? rounds) };
}
