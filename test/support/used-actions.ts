import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a call of the SDK needs to be allowed. A new command of the code needs its line here. */
const ACTIONS: Readonly<Record<string, string>> = {
  BatchGetCommand: "dynamodb:BatchGetItem",
  GetCommand: "dynamodb:GetItem",
  PutCommand: "dynamodb:PutItem",
  QueryCommand: "dynamodb:Query",
  UpdateCommand: "dynamodb:UpdateItem",
  PutEventsCommand: "events:PutEvents",
  DeleteObjectCommand: "s3:DeleteObject",
  GetObjectCommand: "s3:GetObject",
  HeadObjectCommand: "s3:GetObject",
  ListObjectsV2Command: "s3:ListBucket",
  PutObjectCommand: "s3:PutObject",
  GetSecretValueCommand: "secretsmanager:GetSecretValue",
  ChangeMessageVisibilityCommand: "sqs:ChangeMessageVisibility",
  SendMessageBatchCommand: "sqs:SendMessage",
  SendMessageCommand: "sqs:SendMessage",
  SendTaskFailureCommand: "states:SendTaskFailure",
  SendTaskSuccessCommand: "states:SendTaskSuccess",
};

/** A signed address is a call by whoever has it, with the signer's rights: by the method of an `AddressRequest`. */
const SIGNED: Readonly<Record<string, string>> = {
  GET: "s3:GetObject",
  HEAD: "s3:GetObject",
  PUT: "s3:PutObject",
};

/** A transaction needs what its items need: each of them is one of these. */
const TRANSACTIONS = ["TransactWriteCommand"];
const ITEMS: Readonly<Record<string, string>> = {
  ConditionCheck: "dynamodb:ConditionCheckItem",
  Delete: "dynamodb:DeleteItem",
  Put: "dynamodb:PutItem",
  Update: "dynamodb:UpdateItem",
};

/** The AWS actions that a function's code can come to, and the indexes that it queries (`table` without one). */
export interface Used {
  readonly actions: ReadonlySet<string>;
  readonly indexes: ReadonlySet<string>;
}

const handlers = ["api", "authorizer", "expander", "reconciler", "relay", "task", "worker"] as const;
const known = new Map<string, Used>();
let shared: { program: ts.Program; checker: ts.TypeChecker } | null = null;

function compiled() {
  if (shared !== null) return shared;
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram(
    handlers.map((name) => `${root}lambdas/handlers/${name}.ts`),
    options,
  );
  shared = { program, checker: program.getTypeChecker() };
  return shared;
}

/**
 * Follows a handler's code from what it exports, as a call graph over the types: a member of an object counts once
 * something that is reached reads a member of a type that the object is handed over as. Everything else counts as soon
 * as it is mentioned, so that the answer may be too wide, never too narrow.
 */
export function usedBy(name: string): Used {
  const used = known.get(name) ?? follow(name);
  known.set(name, used);
  return used;
}

function follow(name: string): Used {
  const { program, checker } = compiled();
  const used = { actions: new Set<string>(), indexes: new Set<string>() };
  const reached = new Set<ts.Node>();
  const visited = new Set<ts.Node>();
  const readAs = new Map<ts.Node, Set<ts.Node>>();
  const linked = new Map<ts.Type, Set<ts.Type>>();
  const work: ts.Node[] = [];

  const ours = (node: ts.Node) => node.getSourceFile().fileName.startsWith(`${root}lambdas/`);

  function reach(declaration: ts.Node): void {
    if (!ours(declaration) || reached.has(declaration)) return;
    reached.add(declaration);
    work.push(declaration);
    for (const member of readAs.get(declaration) ?? []) reach(member);
  }

  function reachSymbol(symbol: ts.Symbol | undefined): void {
    if (symbol === undefined) return;
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    for (const declaration of target.declarations ?? []) reach(declaration);
  }

  /** A value of one type is handed over as another: reading a member of the second reads that of the first. */
  function link(as: ts.Type, is: ts.Type): void {
    if (as === is || linked.get(as)?.has(is)) return;
    linked.set(as, (linked.get(as) ?? new Set()).add(is));
    for (const each of as.isUnionOrIntersection() ? as.types : [])
      for (const property of each.getProperties()) linkMember(property, is);
    for (const property of as.getProperties()) linkMember(property, is);
  }

  function linkMember(property: ts.Symbol, is: ts.Type): void {
    const own = is.getProperty(property.name);
    if (own === undefined || !(property.declarations ?? []).some(ours)) return;
    for (const read of property.declarations ?? [])
      for (const member of own.declarations ?? []) {
        if (read === member) continue;
        readAs.set(read, (readAs.get(read) ?? new Set()).add(member));
        if (reached.has(read)) reach(member);
      }
    link(checker.getTypeOfSymbol(property), checker.getTypeOfSymbol(own));
  }

  /** Whether a member of a literal can wait until somebody reads it: only where we know every reader. */
  function waits(member: ts.Node, literal: ts.ObjectLiteralExpression): boolean {
    if (!ts.isObjectLiteralElementLike(member) || ts.isSpreadAssignment(member)) return false;
    if (ts.isComputedPropertyName(member.name)) return false;
    const context = checker.getContextualType(literal);
    const property =
      context && checker.getPropertyOfType(checker.getNonNullableType(context), member.name.text);
    // Where the type is inferred from the literal, the literal is its own context.
    const readers = (property?.declarations ?? []).filter((declaration) => declaration !== member);
    if (readers.length > 0) return readers.some(ours);
    return ts.isMethodDeclaration(member) || isFunction(member);
  }

  function isFunction(member: ts.Node): boolean {
    return (
      ts.isPropertyAssignment(member) &&
      (ts.isArrowFunction(member.initializer) || ts.isFunctionExpression(member.initializer))
    );
  }

  function visit(node: ts.Node): void {
    if (visited.has(node) || ts.isTypeNode(node)) return;
    if (ts.isFunctionDeclaration(node) && !reached.has(node)) return;
    // A function by a name is its name's: it runs where the name is used.
    if (ts.isVariableDeclaration(node) && !reached.has(node) && ts.isIdentifier(node.name)) {
      const { initializer } = node;
      if (initializer && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))) return;
    }
    if (ts.isObjectLiteralElement(node) && ts.isObjectLiteralExpression(node.parent)) {
      if (!reached.has(node) && waits(node, node.parent)) return;
      item(node);
      signed(node, node.parent);
    }
    visited.add(node);
    if (ts.isExpression(node)) {
      const context = checker.getContextualType(node);
      if (context) link(checker.getNonNullableType(context), checker.getTypeAtLocation(node));
    }
    if (ts.isShorthandPropertyAssignment(node)) reachSymbol(checker.getShorthandAssignmentValueSymbol(node));
    else if (ts.isIdentifier(node)) reachSymbol(checker.getSymbolAtLocation(node));
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const member = node.propertyName ?? node.name;
      const owner = checker.getNonNullableType(checker.getTypeAtLocation(node.parent));
      if (ts.isIdentifier(member)) reachSymbol(owner.getProperty(member.text));
    }
    if (ts.isNewExpression(node)) command(node);
    ts.forEachChild(node, visit);
  }

  /** An item of a transaction: by its name, and a value that names a table. */
  function item(node: ts.ObjectLiteralElement): void {
    const action = node.name && ts.isIdentifier(node.name) ? ITEMS[node.name.text] : undefined;
    if (action === undefined || !ts.isPropertyAssignment(node)) return;
    if (checker.getTypeAtLocation(node.initializer).getProperty("TableName")) used.actions.add(action);
  }

  /** The method of an address that is signed. */
  function signed(node: ts.ObjectLiteralElement, literal: ts.ObjectLiteralExpression): void {
    if (node.name?.getText() !== "method" || !ts.isPropertyAssignment(node)) return;
    if (checker.getContextualType(literal)?.symbol?.name !== "AddressRequest") return;
    const method = ts.isStringLiteral(node.initializer) ? node.initializer.text : node.getText();
    used.actions.add(SIGNED[method] ?? `unknown: ${method}`);
  }

  function command(node: ts.NewExpression): void {
    const declared =
      checker.getTypeAtLocation(node).symbol?.declarations?.[0]?.getSourceFile().fileName ?? "";
    const called = node.expression.getText();
    if (!declared.includes("/node_modules/@aws-sdk/") || !called.endsWith("Command")) return;
    if (TRANSACTIONS.includes(called)) return;
    used.actions.add(ACTIONS[called] ?? `unknown: ${called}`);
    const input = node.arguments?.[0];
    if (called === "QueryCommand" && input) for (const index of indexesOf(input)) used.indexes.add(index);
  }

  function indexesOf(input: ts.Expression): string[] {
    const member = ts.isObjectLiteralExpression(input)
      ? input.properties.find(({ name }) => name?.getText() === "IndexName")
      : undefined;
    if (member === undefined || !ts.isPropertyAssignment(member)) return ["table"];
    const type = checker.getTypeAtLocation(member.initializer);
    const names = type.isUnion() ? type.types : [type];
    return names.map((each) => (each.isStringLiteral() ? each.value : `unknown: ${member.getText()}`));
  }

  const file = program.getSourceFile(`${root}lambdas/handlers/${name}.ts`);
  const exported = file && checker.getSymbolAtLocation(file);
  for (const symbol of exported ? checker.getExportsOfModule(exported) : []) reachSymbol(symbol);
  for (let next = work.pop(); next !== undefined; next = work.pop()) visit(next);
  return used;
}
