import type { BusEvent } from './bus-event';
import { type JsonPath, parsePath, read } from './json-path';

/** Input of a target: at most one of the three. */
export interface InputOptions {
  /** A constant, as JSON text. */
  readonly Input?: string;
  /** A part of the event. */
  readonly InputPath?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: Readonly<Record<string, string>>; readonly InputTemplate: string };
}

/** Fields of the rule that a template may name. */
export interface RuleIdentity {
  readonly name: string;
  readonly arn: string;
}

/** Makes the text that a target is given. */
export type TargetInput = (event: BusEvent, rule: RuleIdentity) => string;

/** @throws an Error on paths that aren't understood, or on more than one of the three. */
export function compileInput({ Input, InputPath, InputTransformer }: InputOptions, where: string): TargetInput {
  const given = [Input, InputPath, InputTransformer].filter((each) => each !== undefined);
  if (given.length > 1) throw new Error(`${where}: only one of 'Input', 'InputPath' and 'InputTransformer' may be given`);
  if (Input !== undefined) return () => Input;
  if (InputPath !== undefined) {
    const path = parsePath(InputPath, `${where} 'InputPath'`);
    return (event) => JSON.stringify(read(event, path) ?? null);
  }
  if (InputTransformer === undefined) return (event) => JSON.stringify(event);
  return compileTemplate(InputTransformer, where);
}

function compileTemplate(
  { InputPathsMap = {}, InputTemplate }: NonNullable<InputOptions['InputTransformer']>,
  where: string,
): TargetInput {
  const paths = new Map<string, JsonPath>(
    Object.entries(InputPathsMap).map(([name, path]) => [name, parsePath(path, `${where} 'InputPathsMap' ${name}`)]),
  );
  const parts = splitTemplate(InputTemplate);
  for (const { variable } of parts) {
    if (variable !== undefined && !paths.has(variable) && !variable.startsWith('aws.events.')) {
      throw new Error(`${where}: 'InputTemplate' names <${variable}>, which is not in 'InputPathsMap'`);
    }
  }
  return (event, rule) =>
    parts
      .map(({ text, variable, quoted }) => {
        if (variable === undefined) return text;
        const path = paths.get(variable);
        return insert(path ? read(event, path) : reserved(variable, event, rule), quoted);
      })
      .join('');
}

interface Part {
  readonly text: string;
  readonly variable?: string;
  /** True of a variable between quotes. */
  readonly quoted: boolean;
}

function splitTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  let quoted = false;
  for (const match of template.matchAll(/<([\w.-]+)>/g)) {
    const text = template.slice(end, match.index);
    if ((text.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1) quoted = !quoted;
    parts.push({ text, quoted }, { text: '', variable: match[1]!, quoted });
    end = match.index + match[0].length;
  }
  return [...parts, { text: template.slice(end), quoted }];
}

/** Between quotes a text is itself; elsewhere every value is JSON. A field that the event doesn't have leaves nothing. */
function insert(value: unknown, quoted: boolean): string {
  if (value === undefined) return '';
  if (!quoted) return JSON.stringify(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

function reserved(variable: string, event: BusEvent, rule: RuleIdentity): unknown {
  switch (variable) {
    case 'aws.events.rule-arn':
      return rule.arn;
    case 'aws.events.rule-name':
      return rule.name;
    case 'aws.events.event.ingestion-time':
      return event.time;
    case 'aws.events.event.json':
      return event;
    case 'aws.events.event': {
      const { detail: _, ...envelope } = event;
      return envelope;
    }
    default:
      return undefined;
  }
}
