import type { Finding } from './findings';

/** Acknowledged findings of one kind, by resource. */
export interface Acknowledgement {
  /** Ids of the rules, with the finding in brackets where a rule has several. Without wildcards. */
  readonly rules: readonly string[];
  /** Description of each resource, by its path without the stage. */
  readonly resources: Readonly<Record<string, string>>;
  /**
   * The presets that have the findings.
   * @default - every preset
   */
  readonly presets?: readonly string[];
  /**
   * Reason why the finding is acceptable: the control that is there instead. Continues a sentence after the resource's
   * description.
   */
  readonly because: string;
}

/** Shortest reason that can name a control. */
export const SHORTEST_REASON = 40;

/**
 * Compares findings with acknowledgements.
 *
 * @returns a line for each finding that isn't acknowledged, for each acknowledgement that no preset has any more, and for each
 * whose reason is too short.
 */
export function review(
  findings: ReadonlyMap<string, readonly Finding[]>,
  acknowledgements: readonly Acknowledgement[],
): string[] {
  const presets = [...findings.keys()];
  const problems: string[] = [];
  const acknowledged = new Map<string, boolean>();
  for (const { rules, resources, because, presets: of = presets } of acknowledgements) {
    if (because.length < SHORTEST_REASON)
      problems.push(`${rules[0]}: 'because' must name the control that is there instead, got: '${because}'`);
    for (const rule of rules) {
      if (/\*(?!\]$)|^[^[]*\*/.test(rule)) problems.push(`'${rule}' must name one finding, not a wildcard`);
      for (const resource of Object.keys(resources)) {
        if (resource.includes('*')) problems.push(`${rule}: '${resource}' must name one resource, not a wildcard`);
        for (const preset of of) {
          const key = `${preset}: ${rule} @ ${resource}`;
          if (acknowledged.has(key)) problems.push(`${key}: acknowledged twice`);
          acknowledged.set(key, false);
        }
      }
    }
  }
  for (const [preset, found] of findings) {
    for (const { rule, resource, description } of found) {
      const key = `${preset}: ${rule} @ ${resource}`;
      if (acknowledged.has(key)) acknowledged.set(key, true);
      else
        problems.push(
          `${key}: ${description} Mend it, or acknowledge it in test/policies/acknowledgements.ts with the control that is there instead`,
        );
    }
  }
  for (const [key, used] of acknowledged) if (!used) problems.push(`${key}: acknowledged, and not found any more; remove it`);
  return problems;
}
