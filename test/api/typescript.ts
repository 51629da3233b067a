// TypeScript 7, which builds everything here, has no API for programs. The one before has, and comes with the API extractor,
// whose reports are made by it anyway.
import * as ts from '../../node_modules/@microsoft/api-extractor/node_modules/typescript';

export { ts };

/** Export of an entry point, by its exported name. */
export interface Exported {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

/** @returns what a file exports, with what it exports of other files. */
export function exportsOf(checker: ts.TypeChecker, file: ts.SourceFile): Exported[] {
  const module = checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${file.fileName} exports nothing`);
  return checker.getExportsOfModule(module).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }));
}

export type Member = ts.ClassElement | ts.TypeElement;

/** A class's or an interface's own members, but for what only it sees. */
export function membersOf(declaration: ts.ClassDeclaration | ts.InterfaceDeclaration): Member[] {
  return (declaration.members as ts.NodeArray<Member>).filter(
    (member) =>
      !(ts.getCombinedModifierFlags(member as ts.Declaration) & ts.ModifierFlags.Private) &&
      !(member.name && ts.isPrivateIdentifier(member.name)),
  );
}

/** Name of a member, or its kind. */
export function nameOf(member: Member | ts.ParameterDeclaration): string {
  return member.name ? member.name.getText() : ts.isConstructorDeclaration(member) ? 'constructor' : 'signature';
}

/** A struct holds values; an interface whose name begins with `I` has behaviour. */
export const isBehavioral = (name: string): boolean => /^I[A-Z]/.test(name);
