import { documentationProblems, unsaidErrors } from '../../api/documented';
import { jsiiProblems } from '../../api/jsii';
import { exportsOf, ts } from '../../api/typescript';

const FILE = '/own/index.d.ts';

/** The language's own declarations, which each program has. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Declarations that need nothing but the language's own. */
function program(text: string) {
  const options: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, strict: true, types: [], lib: ['lib.es2022.d.ts'] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) => {
    if (name === FILE) return ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest));
    return parsed.get(name);
  };
  host.fileExists = (name) => name === FILE || fileExists(name);
  const created = ts.createProgram([FILE], options, host);
  const checker = created.getTypeChecker();
  return [checker, exportsOf(checker, created.getSourceFile(FILE)!), (file: ts.SourceFile) => file.fileName === FILE] as const;
}

const refused = (text: string) => jsiiProblems(...program(text));
const undocumented = (text: string) => documentationProblems(...program(text));

describe('what other languages do not have', () => {
  test.each([
    ['a tuple', 'export interface A { readonly pair: [string, number]; }', 'A.pair is a tuple'],
    [
      'a readonly array',
      'export interface A { readonly names: readonly string[]; }',
      'A.names is a readonly array: write string[]',
    ],
    ['a function', 'export interface A { readonly made?: (name: string) => void; }', 'A.made is a function: make it a method'],
    [
      'a Map',
      'export declare class A { readonly all: ReadonlyMap<string, string>; }',
      "A.all is a ReadonlyMap, which other languages don't have",
    ],
    ['null', 'export interface A { readonly name: string | null; }', "A.name is 'null', which other languages don't have"],
    [
      'a union of structs',
      'export interface B { readonly b: string } export interface A { readonly either: B | string; }',
      'A.either is a union of types, string | B',
    ],
    [
      'a type without a name',
      'export interface A { readonly b: { readonly c: string }; }',
      'A.b is a type without a name, { readonly c: string; }',
    ],
    [
      'a mapped type',
      'export interface B { readonly b: string } export interface A { readonly b: Partial<B>; }',
      'A.b is a type without a name, Partial<B>',
    ],
    ['a generic class', 'export declare class A<T> { readonly b: string; }', 'A is generic'],
    ['a generic method', 'export declare class A { b<T>(it: T): void; }', 'A.b is generic'],
    ['an overload', 'export declare class A { b(it: string): void; b(it: number): void; }', 'A.b is overloaded'],
    [
      'a method of a struct',
      'export interface A { b(): void; }',
      "A.b is behaviour: name the interface 'IA', or have values only",
    ],
    ['a struct that can be written to', 'export interface A { b: string; }', 'A.b must be readonly: a struct is passed by value'],
    [
      'a struct with behaviour above it',
      'export interface IB { b(): void } export interface A extends IB { readonly c: string; }',
      "A extends IB: one is a struct, and the other isn't",
    ],
    [
      'a name that a getter takes',
      'export declare class A { getName(): string; }',
      "A.getName must not begin with 'get': name it by what it gives",
    ],
    [
      'a parameter that is refused',
      'export declare class A { constructor(them: Set<string>); }',
      "A.constructor(them) is a Set, which other languages don't have",
    ],
    ['a result that is refused', 'export declare class A { b(): Promise<[string]>; }', 'A.b() returns a tuple'],
    [
      'what is not exported',
      'interface B { readonly b: string } export interface A { readonly b: B; } export {};',
      "A.b is B, which isn't exported",
    ],
    [
      'an override with another type',
      'export interface IB { readonly b: string | number } export declare class A implements IB { readonly b: string; }',
      "A.b is 'string' and 'string | number' in IB: both must be the same",
    ],
    [
      'what is optional in what it implements',
      'export interface IB { readonly b?: string } export declare class A implements IB { readonly b: string; }',
      "A.b is 'string' and 'string | undefined' in IB: both must be the same",
    ],
  ])('fails when there is %s', (_, text, problem) => {
    expect(refused(text)).toContain(problem);
  });

  test('lets pass what all of them have', () => {
    const text = `export interface A { readonly kind: 'a' | 'b'; readonly on?: boolean; readonly names?: string[]; readonly all?: Record<string, A>; readonly at?: Date; }
      export interface IB { readonly a?: A; do(a: A, ...more: string[]): Promise<void>; }
      export declare class B implements IB { #hidden; private readonly map: Map<string, [string]>; get a(): A | undefined; do(a: A, ...more: string[]): Promise<void>; }
      export declare const tuple: [string]; export declare function generic<T>(it: T): T;`;
    expect(refused(text)).toEqual([]);
  });
});

describe('what is not documented', () => {
  test.each([
    ['a declaration', 'export interface A {}', 'A has no doc comment'],
    ['a constant', 'export declare const a: string;', 'a has no doc comment'],
    ['a member', '/** A. */ export declare class A { b(): void; }', 'A.b has no doc comment'],
    [
      'a member with its default only',
      '/** A. */ export interface A {\n/** @default 1 */\nreadonly b?: number; }',
      'A.b has no doc comment',
    ],
    [
      'what is optional, without its default',
      '/** A. */ export interface A {\n/** B. */\nreadonly b?: number; }',
      "A.b is optional and has no '@default', with the value or '- what happens'",
    ],
    ['a member of an enumeration', '/** A. */ export declare enum A { B }', 'A.B has no doc comment'],
  ])('fails when it is %s', (_, text, problem) => {
    expect(undocumented(text)).toContain(problem);
  });

  test('lets pass what says it, or inherits it', () => {
    const text = `/** I. */ export interface IA {
        /** B. */
        readonly b?: string;
        /** @returns c. */
        c(): string;
      }
      /** A. */ export declare class A implements IA { private d; #e; constructor(f: string); readonly b?: string; c(): string; }`;
    expect(undocumented(text)).toEqual([]);
  });

  test('fails when a function throws and does not say so', () => {
    const text = `export function a() { if (1) throw new Error('no'); }
      /** A. @throws {Error} always */ export class A { constructor() { throw new Error('no'); } b() { throw new Error('no'); } }
      export function c() { try { d(() => { throw new Error('no'); }); } catch (error) { throw error; } }
      function hidden() { throw new Error('no'); }`;
    const source = ts.createSourceFile('/own/a.ts', text, ts.ScriptTarget.ES2022, true);
    expect(unsaidErrors(source, new Set(['a', 'A', 'c']))).toEqual([
      "a throws and has no '@throws'",
      "A.b throws and has no '@throws'",
    ]);
  });
});
