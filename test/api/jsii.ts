import { type Exported, isBehavioral, type Member, membersOf, nameOf, ts } from './typescript';

/**
 * Problems that jsii would report, so that the constructs could be had in Python, Java, C# and Go as well. Functions and
 * constants that a module exports are nothing to it; classes, interfaces and everything that these name are.
 *
 * @param isOwn whether a declaration is of this package.
 * @returns what is refused, by name.
 */
export function jsiiProblems(
  checker: ts.TypeChecker,
  exported: readonly Exported[],
  isOwn: (file: ts.SourceFile) => boolean,
): string[] {
  const known = new Set(exported.map(({ symbol }) => symbol));
  const problems: string[] = [];
  for (const { name, symbol } of exported) {
    for (const declaration of symbol.declarations ?? []) {
      if (!isOwn(declaration.getSourceFile())) continue;
      if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) continue;
      const found = [
        ...shapeProblems(declaration, name, checker),
        ...membersOf(declaration).flatMap((member) => memberProblems(member, checker, known, isOwn)),
        ...overrideProblems(declaration, checker),
      ];
      problems.push(...found.map((problem) => `${name}${problem}`));
    }
  }
  return problems;
}

/** Problems of a class or an interface as a whole. */
function shapeProblems(
  declaration: ts.ClassDeclaration | ts.InterfaceDeclaration,
  name: string,
  checker: ts.TypeChecker,
): string[] {
  const problems: string[] = [];
  if (declaration.typeParameters) problems.push(' is generic');
  const signatures = new Map<string, number>();
  for (const member of membersOf(declaration)) {
    if (!ts.isMethodDeclaration(member) && !ts.isMethodSignature(member) && !ts.isConstructorDeclaration(member)) continue;
    const isStatic = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static ? 'static ' : '';
    const key = `${isStatic}${nameOf(member)}`;
    signatures.set(key, (signatures.get(key) ?? 0) + 1);
  }
  for (const [member, count] of signatures) if (count > 1) problems.push(`.${member} is overloaded`);
  if (!ts.isInterfaceDeclaration(declaration)) return problems;

  if (!isBehavioral(name)) {
    for (const member of membersOf(declaration)) {
      const isReadonly = ts.getCombinedModifierFlags(member as ts.Declaration) & ts.ModifierFlags.Readonly;
      if (!ts.isPropertySignature(member)) {
        problems.push(`.${nameOf(member)} is behaviour: name the interface 'I${name}', or have values only`);
      } else if (!isReadonly) problems.push(`.${nameOf(member)} must be readonly: a struct is passed by value`);
    }
  }
  for (const base of declaration.heritageClauses?.flatMap(({ types }) => [...types]) ?? []) {
    const baseName = checker.getTypeAtLocation(base).symbol?.name ?? '';
    if (isBehavioral(name) !== isBehavioral(baseName))
      problems.push(` extends ${baseName}: one is a struct, and the other isn't`);
  }
  return problems;
}

function memberProblems(
  member: Member,
  checker: ts.TypeChecker,
  known: ReadonlySet<ts.Symbol>,
  isOwn: (file: ts.SourceFile) => boolean,
): string[] {
  const name = nameOf(member);
  const of = (type: ts.Type) => typeProblem(type, checker, known, isOwn);
  if (!ts.isFunctionLike(member) || ts.isAccessor(member)) {
    const problem = of(checker.getTypeAtLocation(member));
    return problem ? [`.${name} is ${problem}`] : [];
  }
  const problems: string[] = [];
  if ('typeParameters' in member && member.typeParameters) problems.push(`.${name} is generic`);
  for (const parameter of member.parameters) {
    const isRest = parameter.dotDotDotToken !== undefined;
    const declared = checker.getTypeAtLocation(parameter);
    const type = isRest ? (checker.getTypeArguments(declared as ts.TypeReference)[0] ?? declared) : declared;
    const problem = of(type);
    if (problem) problems.push(`.${name}(${parameter.name.getText()}) is ${problem}`);
  }
  const signature = checker.getSignatureFromDeclaration(member as ts.SignatureDeclaration);
  if (signature && !ts.isConstructorDeclaration(member)) {
    const returned = signature.getReturnType();
    const value = returned.symbol?.name === 'Promise' ? checker.getTypeArguments(returned as ts.TypeReference)[0]! : returned;
    const problem = of(value);
    if (problem) problems.push(`.${name}() returns ${problem}`);
    // Java makes a getter of each property, which it would meet.
    if (/^get[A-Z]/.test(name)) problems.push(`.${name} must not begin with 'get': name it by what it gives`);
  }
  return problems;
}

/** Types of the standard library that jsii has a counterpart of. */
const STANDARD = ['Date', 'Object'];

/** @returns what is wrong with a type; undefined if nothing is. */
function typeProblem(
  type: ts.Type,
  checker: ts.TypeChecker,
  known: ReadonlySet<ts.Symbol>,
  isOwn: (file: ts.SourceFile) => boolean,
): string | undefined {
  const of = (part: ts.Type) => typeProblem(part, checker, known, isOwn);
  if (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.BigIntLike | ts.TypeFlags.ESSymbolLike)) {
    return `'${checker.typeToString(type)}', which other languages don't have`;
  }
  if (type.flags & ts.TypeFlags.TypeParameter) return 'generic';
  if (type.isIntersection()) return 'an intersection';
  if (type.isUnion()) {
    const parts = type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined));
    const objects = parts.filter((part) => part.flags & ts.TypeFlags.Object);
    if (objects.length > 0 && parts.length > 1) return `a union of types, ${checker.typeToString(type)}`;
    return parts.map(of).find((problem) => problem !== undefined);
  }
  if (!(type.flags & ts.TypeFlags.Object)) return undefined;
  if (checker.isTupleType(type)) return 'a tuple';
  if (checker.isArrayType(type)) {
    if (type.symbol.name !== 'Array') return `a readonly array: write ${checker.typeToString(type).replace('readonly ', '')}`;
    return of(checker.getTypeArguments(type as ts.TypeReference)[0]!);
  }
  if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) return 'a function: make it a method';

  const { symbol } = type;
  const index = checker.getIndexInfosOfType(type).find(({ keyType }) => keyType.flags & ts.TypeFlags.String);
  const isAnonymous = (type as ts.ObjectType).objectFlags & (ts.ObjectFlags.Anonymous | ts.ObjectFlags.Mapped);
  if (isAnonymous) {
    if (index && !index.isReadonly && type.getProperties().length === 0) return of(index.type);
    return `a type without a name, ${checker.typeToString(type)}`;
  }
  const [declaration] = symbol?.declarations ?? [];
  if (!declaration) return `unknown, ${checker.typeToString(type)}`;
  if (isOwn(declaration.getSourceFile())) return known.has(symbol) ? undefined : `${symbol.name}, which isn't exported`;
  const isStandard = /\/typescript\/lib\/lib\.|\/@types\/node\//.test(declaration.getSourceFile().fileName);
  if (isStandard && !STANDARD.includes(symbol.name)) return `a ${symbol.name}, which other languages don't have`;
  return undefined;
}

/** Members that a class shares with what it extends and implements must have the same type there. */
function overrideProblems(declaration: ts.ClassDeclaration | ts.InterfaceDeclaration, checker: ts.TypeChecker): string[] {
  if (!ts.isClassDeclaration(declaration)) return [];
  const problems: string[] = [];
  for (const base of declaration.heritageClauses?.flatMap(({ types }) => [...types]) ?? []) {
    const baseType = checker.getTypeAtLocation(base);
    for (const member of membersOf(declaration)) {
      if (!member.name || ts.getCombinedModifierFlags(member as ts.Declaration) & ts.ModifierFlags.Static) continue;
      const name = nameOf(member);
      const overridden = baseType.getProperty(name);
      const own = checker.getSymbolAtLocation(member.name);
      if (!overridden || !own) continue;
      const [here, there] = [own, overridden].map((symbol) => typeText(symbol, member, checker)) as [string, string];
      if (here !== there) problems.push(`.${name} is '${here}' and '${there}' in ${baseType.symbol.name}: both must be the same`);
    }
  }
  return problems;
}

/** A type as jsii compares it: of a method, what it takes and gives, whatever the parameters are called. */
function typeText(symbol: ts.Symbol, at: ts.Node, checker: ts.TypeChecker): string {
  const type = checker.getTypeOfSymbolAtLocation(symbol, at);
  const [signature] = type.getCallSignatures();
  const text = (part: ts.Type) =>
    checker.typeToString(checker.getBaseTypeOfLiteralType(part), undefined, ts.TypeFormatFlags.NoTruncation);
  if (!signature || !(symbol.flags & ts.SymbolFlags.Method)) {
    const isOptional =
      symbol.flags & ts.SymbolFlags.Optional ||
      (type.isUnion() && type.types.some((part) => part.flags & ts.TypeFlags.Undefined));
    return `${text(checker.getNonNullableType(type))}${isOptional ? ' | undefined' : ''}`;
  }
  const parameters = signature.getParameters().map((parameter) => text(checker.getTypeOfSymbolAtLocation(parameter, at)));
  return `(${parameters.join(', ')}) => ${text(signature.getReturnType())}`;
}
