/** One line of code, with its number in its file. */
interface CodeLine {
  readonly text: string;
  readonly number: number;
}

/** A run of lines that stands in two places. */
export interface Copy {
  readonly first: string;
  readonly second: string;
  readonly lines: number;
}

/** A comment of this form in one of the places, or directly above it, is the reason for a copy. */
const REASON = /^\s*(?:\/\/|\/?\*+) copied: \S/;

/** Lines that count: neither blanks, comments, imports and re-exports, nor lone punctuation; however they are indented. */
export function codeLines(text: string): CodeLine[] {
  const lines: CodeLine[] = [];
  let end: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const code = line.trim().replace(/\s+/g, ' ');
    if (!end) {
      if (code.startsWith('/*')) end = '*/';
      else if (/^import\b|^export (type )?[{*]/.test(code)) end = ';';
    }
    if (end) {
      if (code.endsWith(end)) end = undefined;
    } else if (/\w/.test(code) && !code.startsWith('//')) {
      lines.push({ text: code, number: index + 1 });
    }
  }
  return lines;
}

/**
 * Finds code that stands in two places, in different files or in one.
 *
 * @param texts sources by file name
 * @param length fewest lines that make a copy
 * @returns the runs without a reason, as long as they go
 */
export function copies(texts: Readonly<Record<string, string>>, length: number): Copy[] {
  const code = new Map(Object.entries(texts).map(([file, text]) => [file, codeLines(text)]));
  /** The first place of each run of `length` lines. */
  const places = new Map<string, { readonly file: string; readonly at: number }>();
  const found: Copy[] = [];
  for (const [file, lines] of code) {
    for (let at = 0; at + length <= lines.length; at++) {
      const run = lines.slice(at, at + length).map((line) => line.text);
      const place = places.get(run.join('\n'));
      if (!place) {
        places.set(run.join('\n'), { file, at });
        continue;
      }
      const others = code.get(place.file)!;
      // A run that overlaps with itself is a list of equal lines.
      if (place.file === file && at - place.at < length) continue;
      let shared = length;
      while (lines[at + shared] && lines[at + shared]!.text === others[place.at + shared]?.text) shared++;
      const span = (of: CodeLine[], start: number) => [of[start]!.number, of[start + shared - 1]!.number] as const;
      const [one, other] = [span(others, place.at), span(lines, at)];
      if (!hasReason(texts[place.file]!, one) && !hasReason(texts[file]!, other)) {
        found.push({ first: `${place.file}:${one.join('-')}`, second: `${file}:${other.join('-')}`, lines: shared });
      }
      at += shared - 1;
    }
  }
  return found;
}

/** Looks from the line above the span to its last line. */
function hasReason(text: string, [first, last]: readonly [number, number]): boolean {
  return text
    .split('\n')
    .slice(Math.max(0, first - 2), last)
    .some((line) => REASON.test(line));
}
