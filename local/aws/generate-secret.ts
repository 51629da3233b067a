/** `GenerateSecretString` of a secret, as `GetRandomPassword` takes it. */
export interface SecretRecipe {
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly IncludeSpace?: boolean;
  /** By default, one character of each included kind. */
  readonly RequireEachIncludedType?: boolean;
  /** A JSON object that the value is put into under `GenerateStringKey`. */
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

/** Secrets Manager's default length. */
const DEFAULT_LENGTH = 32;

/** The punctuation of Secrets Manager: everything printable in ASCII that is neither letter, digit nor space. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** Makes a secret string. `randomInt(n)` is uniform in [0, n), and must be cryptographic outside of tests. */
export function generateSecret(recipe: SecretRecipe, randomInt: (n: number) => number): string {
  const password = generatePassword(recipe, randomInt);
  const { SecretStringTemplate, GenerateStringKey } = recipe;
  if ((SecretStringTemplate === undefined) !== (GenerateStringKey === undefined)) {
    throw new Error(`'SecretStringTemplate' and 'GenerateStringKey' must be given together`);
  }
  if (SecretStringTemplate === undefined) return password;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey!]: password });
}

function generatePassword(recipe: SecretRecipe, randomInt: (n: number) => number): string {
  const kinds = [
    !flag(recipe.ExcludeLowercase) && 'abcdefghijklmnopqrstuvwxyz',
    !flag(recipe.ExcludeUppercase) && 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    !flag(recipe.ExcludeNumbers) && '0123456789',
    !flag(recipe.ExcludePunctuation) && PUNCTUATION,
    flag(recipe.IncludeSpace) && ' ',
  ]
    .filter((kind) => kind !== false)
    .map((kind) => [...kind].filter((character) => !recipe.ExcludeCharacters?.includes(character)))
    .filter((kind) => kind.length > 0);
  const all = kinds.flat();
  const length = Number(recipe.PasswordLength ?? DEFAULT_LENGTH);
  if (all.length === 0) throw new Error(`'GenerateSecretString' excludes every character`);

  const pick = (from: string[]) => from[randomInt(from.length)]!;
  const required = recipe.RequireEachIncludedType === undefined || flag(recipe.RequireEachIncludedType) ? kinds : [];
  if (length < required.length) throw new Error(`'PasswordLength' must be at least ${required.length}, got: ${length}`);
  const characters = [...required.map(pick), ...Array.from({ length: length - required.length }, () => pick(all))];
  // Shuffled, or the required ones would always stand first.
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j]!, characters[i]!];
  }
  return characters.join('');
}

function flag(value: unknown): boolean {
  return value === true || value === 'true';
}
