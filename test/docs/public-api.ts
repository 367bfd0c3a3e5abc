/**
 * What users can import from a package: the exports of its entries, the members of exported interfaces, classes and
 * object types, and the variants of exported unions. Found in the sources with the API of the compiler. TypeScript 7
 * calls that API unstable: package.json names the exact version.
 */
import { dirname, join, relative } from "node:path"
import {
  type GetAccessorDeclaration,
  isClassDeclaration,
  isFunctionTypeNode,
  isGetAccessorDeclaration,
  isIdentifier,
  isInterfaceDeclaration,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isSourceFile,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isTypeReferenceNode,
  isUnionTypeNode,
  type MethodDeclaration,
  type MethodSignatureDeclaration,
  type Node,
  type PropertyDeclaration,
  type PropertySignatureDeclaration,
  SyntaxKind
} from "typescript/unstable/ast"
import { API, type Checker, type Project, SymbolFlags, type Symbol as TsSymbol } from "typescript/unstable/sync"

export interface PublicName {
  /** The entry, and the path to the name: `latchkey/node: WithAuth.auth`. */
  readonly name: string
  /** `src/adapters/http/node.ts:99`. */
  readonly place: string
  readonly hasDocstring: boolean
}

/**
 * @param config the absolute path of the tsconfig.json
 * @param entries the source file of each entry, relative to the folder of `config`
 * @returns each name once, under the first entry that exports it
 */
export const publicNames = (config: string, entries: Readonly<Record<string, string>>): ReadonlyArray<PublicName> => {
  const folder = dirname(config)
  const api = new API({ cwd: folder })
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
    if (project === undefined) throw new Error(`${config} is no project`)
    const walk = new Walk(project, folder)
    for (const [entry, file] of Object.entries(entries)) walk.entry(entry, join(folder, file))
    return walk.found
  } finally {
    api.close()
  }
}

const isNamedMember = (
  node: Node
): node is
  | PropertySignatureDeclaration
  | PropertyDeclaration
  | MethodSignatureDeclaration
  | MethodDeclaration
  | GetAccessorDeclaration =>
  isPropertySignatureDeclaration(node) ||
  isPropertyDeclaration(node) ||
  isMethodSignatureDeclaration(node) ||
  isMethodDeclaration(node) ||
  isGetAccessorDeclaration(node)

/** `Extract<All, { kind: "a" }>`: the object type selects and declares nothing. */
const isSelection = (type: Node): boolean =>
  isTypeReferenceNode(type) && /^(Extract|Exclude)$/.test(type.typeName.getText())

class Walk {
  readonly found: Array<PublicName> = []
  readonly #seen = new Set<string>()
  readonly #project: Project
  readonly #checker: Checker
  readonly #folder: string

  constructor(project: Project, folder: string) {
    this.#project = project
    this.#checker = project.checker
    this.#folder = folder
  }

  entry(entry: string, file: string): void {
    const source = this.#project.program.getSourceFile(file)
    const module = source && this.#checker.getSymbolAtLocation(source)
    if (module === undefined) throw new Error(`${file} exports nothing`)
    for (const symbol of this.#checker.getExportsOfModule(module)) this.#exported(`${entry}: ${symbol.name}`, symbol)
  }

  #exported(name: string, exported: TsSymbol): void {
    const symbol = exported.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported
    const declarations = symbol.declarations.flatMap((handle) => handle.resolve(this.#project) ?? [])
    const [first] = declarations
    if (first === undefined || this.#placeOf(first).includes("node_modules")) return
    const id = `${this.#placeOf(first)} ${symbol.name}`
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    if (isSourceFile(first)) {
      for (const inner of this.#checker.getExportsOfModule(symbol)) this.#exported(`${name}.${inner.name}`, inner)
      return
    }
    this.#add(name, first, this.#isDescribed(symbol))
    for (const declaration of declarations) this.#declared(name, declaration)
  }

  #declared(name: string, declaration: Node): void {
    if (isTypeAliasDeclaration(declaration)) this.#type(name, declaration.type)
    if (!isInterfaceDeclaration(declaration) && !isClassDeclaration(declaration)) return
    for (const member of declaration.members) this.#member(name, member)
    // `class Busy extends Tagged("Busy")<{ … }>` has its fields in the type argument.
    for (const clause of declaration.heritageClauses ?? [])
      for (const base of clause.types) for (const argument of base.typeArguments ?? []) this.#type(name, argument)
  }

  /** Object types anywhere in a type, except in the parameters and results of functions. */
  #type(name: string, type: Node): void {
    if (isFunctionTypeNode(type) || isMethodSignatureDeclaration(type) || isSelection(type)) return
    if (isUnionTypeNode(type)) this.#variants(name, type.types)
    else if (isTypeLiteralNode(type)) for (const member of type.members) this.#member(name, member)
    else type.forEachChild((part) => this.#type(name, part))
  }

  /** A variant with a comment of its own needs no comments on its members. */
  #variants(name: string, variants: ReadonlyArray<Node>): void {
    const text = variants[0]?.getSourceFile().text ?? ""
    for (const [index, variant] of variants.entries()) {
      const before = variants[index - 1]?.getEnd() ?? text.lastIndexOf("=", variant.getStart())
      if (!text.slice(before, variant.getStart()).includes("/**")) this.#type(name, variant)
    }
  }

  #member(owner: string, member: Node): void {
    if (!isNamedMember(member) || !isIdentifier(member.name) || member.name.text === "_tag") return
    if (member.modifiers?.some(({ kind }) => kind === SyntaxKind.OverrideKeyword)) return
    const name = `${owner}.${member.name.text}`
    const symbol = this.#checker.getSymbolAtLocation(member.name)
    this.#add(name, member, symbol !== undefined && this.#isDescribed(symbol))
    if (member.type !== undefined) this.#type(name, member.type)
  }

  /** Tags alone (`@throws`, `@returns`) do not say what it is. */
  #isDescribed(symbol: TsSymbol): boolean {
    return symbol.getDocumentationComment(this.#checker) !== ""
  }

  #add(name: string, node: Node, hasDocstring: boolean): void {
    this.found.push({ name, place: this.#placeOf(node), hasDocstring })
  }

  #placeOf(node: Node): string {
    const { fileName, text } = node.getSourceFile()
    return `${relative(this.#folder, fileName)}:${text.slice(0, node.getStart()).split("\n").length}`
  }
}
