import { ts } from '../api/typescript';

/** A doc comment of something that others use: an exported declaration, or a member of one. */
export interface PublicComment {
  readonly name: string;
  readonly line: number;
  /** Its summary, without tags. */
  readonly text: string;
}

/** First words that name nothing. */
export const NAMELESS = /^(What|Who|Whose|How|Whether|Where|Of which)\b/;

/** @returns the doc comments of a source's exported declarations and of their members that others can reach. */
export function publicComments(file: string, text: string): PublicComment[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: PublicComment[] = [];
  const visit = (node: ts.Node, path: string): void => {
    const own = nameOf(node);
    const name = own ? (path ? `${path}.${own}` : own) : path;
    const comment = ts.getJSDocCommentsAndTags(node).find((doc) => ts.isJSDoc(doc) && doc.parent === node);
    if (comment) {
      const { line } = source.getLineAndCharacterOfPosition(comment.getStart());
      found.push({ name, line: line + 1, text: (ts.getTextOfJSDocComment(comment.comment) ?? '').trim() });
    }
    // What a function or an initializer declares inside is nobody else's.
    if (ts.isBlock(node) || (ts.isFunctionLike(node) && !ts.isTypeElement(node) && !ts.isClassElement(node))) return;
    ts.forEachChild(node, (child) => {
      if (!isHidden(child)) visit(child, name);
    });
  };
  for (const statement of source.statements) if (isExported(statement)) visit(statement, '');
  return found;
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations[0]?.name.getText();
  return (node as ts.NamedDeclaration).name?.getText();
}

const modifiersOf = (node: ts.Node) => (ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : []);

function isExported(statement: ts.Statement): boolean {
  return modifiersOf(statement).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function isHidden(node: ts.Node): boolean {
  const { name } = node as ts.NamedDeclaration;
  return (name && ts.isPrivateIdentifier(name)) || modifiersOf(node).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
}

/** @returns numbers of the lines that hold a comment, or a part of one, and are longer than `columns`. */
export function longCommentLines(text: string, columns: number): number[] {
  const long = text.split('\n').flatMap((line, index) => (line.length > columns ? [index] : []));
  if (long.length === 0) return [];
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.ES2022, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const commented = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isToken(node) || node.getChildCount() === 0) {
      const ranges = [
        ...(ts.getLeadingCommentRanges(text, node.pos) ?? []),
        ...(ts.getTrailingCommentRanges(text, node.end) ?? []),
      ];
      for (const { pos, end } of ranges) for (let line = lineOf(pos); line <= lineOf(end); line++) commented.add(line);
    }
    for (const child of node.getChildren()) visit(child);
  };
  visit(source);
  return long.filter((line) => commented.has(line)).map((line) => line + 1);
}
