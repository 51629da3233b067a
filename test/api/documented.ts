import { type Exported, isBehavioral, type Member, membersOf, nameOf, ts } from './typescript';

/**
 * @param isOwn whether a declaration is of this package.
 * @returns public declarations that lack what whoever uses them has to know: what they are, and what an optional property is by
 * default.
 */
export function documentationProblems(
  checker: ts.TypeChecker,
  exported: readonly Exported[],
  isOwn: (file: ts.SourceFile) => boolean,
): string[] {
  const problems = new Set<string>();
  for (const { name, symbol } of exported) {
    const declarations = (symbol.declarations ?? []).filter((declaration) => isOwn(declaration.getSourceFile()));
    if (declarations.length === 0) continue;
    if (!isSaid(symbol, checker)) problems.add(`${name} has no doc comment`);
    for (const declaration of declarations) {
      if (ts.isEnumDeclaration(declaration)) {
        for (const member of declaration.members) {
          if (!isSaid(checker.getSymbolAtLocation(member.name)!, checker))
            problems.add(`${name}.${member.name.getText()} has no doc comment`);
        }
      }
      if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) continue;
      for (const member of membersOf(declaration)) {
        const what = `${name}.${nameOf(member)}`;
        const own = member.name && checker.getSymbolAtLocation(member.name);
        // A constructor is what its class says.
        if (!own) continue;
        if (!isSaid(own, checker)) problems.add(`${what} has no doc comment`);
        if (ts.isInterfaceDeclaration(declaration) && !isBehavioral(name) && needsDefault(member) && !defaultOf(own)) {
          problems.add(`${what} is optional and has no '@default', with the value or '- what happens'`);
        }
      }
    }
  }
  return [...problems];
}

/** True if a comment says what it is, or what it returns, or inherits that. */
function isSaid(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  const summary = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  return summary !== '' || symbol.getJsDocTags(checker).some(({ name, text }) => name === 'returns' && text !== undefined);
}

function needsDefault(member: Member): boolean {
  return ts.isPropertySignature(member) && member.questionToken !== undefined;
}

function defaultOf(symbol: ts.Symbol): string {
  const tag = symbol.getJsDocTags().find(({ name }) => name === 'default');
  return ts.displayPartsToString(tag?.text).trim();
}

/**
 * @param names of the declarations that are public.
 * @returns functions, methods and constructors of a source that throw and don't say so. A class's comment speaks for its
 * constructor.
 */
export function unsaidErrors(source: ts.SourceFile, names: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  const check = (what: string, body: ts.Node | undefined, ...said: ts.Node[]) => {
    if (body && throws(body) && !said.some((node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'throws'))) {
      problems.push(`${what} throws and has no '@throws'`);
    }
  };
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name && names.has(statement.name.text)) {
      check(statement.name.text, statement.body, statement);
    }
    if (!ts.isClassDeclaration(statement) || !statement.name || !names.has(statement.name.text)) continue;
    for (const member of membersOf(statement)) {
      const what = `${statement.name.text}.${nameOf(member)}`;
      if (ts.isConstructorDeclaration(member)) check(what, member.body, member, statement);
      if (ts.isMethodDeclaration(member) || ts.isAccessor(member)) check(what, member.body, member);
    }
  }
  return problems;
}

/** True if a body throws by itself: not by what it calls, nor in a function that it passes on. */
function throws(node: ts.Node): boolean {
  // What was caught, and is thrown on, is somebody else's.
  if (ts.isThrowStatement(node)) return !ts.isIdentifier(node.expression);
  if (ts.isFunctionLike(node)) return false;
  return ts.forEachChild(node, (child) => throws(child) || undefined) ?? false;
}
