/**
 * What users can import from a package: the exports of its entries, the members of exported interfaces, classes and
 * object types, and the variants of exported unions. Found in the sources with the API of the compiler. TypeScript 7
 * calls that API unstable: package.json names the exact version.
 */
import { dirname, join, relative } from "node:path"
import {
  type GetAccessorDeclaration,
  isArrowFunction,
  isBlock,
  isClassDeclaration,
  isFunctionTypeNode,
  isGetAccessorDeclaration,
  isHeritageClause,
  isIdentifier,
  isInterfaceDeclaration,
  isMethodDeclaration,
  isMethodSignatureDeclaration,
  isPrivateIdentifier,
  isPropertyDeclaration,
  isPropertySignatureDeclaration,
  isSourceFile,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isTypeParameterDeclaration,
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

export interface PublicApi {
  /** Each name once, under the first entry that exports it. */
  readonly names: ReadonlyArray<PublicName>
  /** Types that no entry exports, although a public name uses them: `latchkey: Backend uses Hidden (src/a.ts:1)`. */
  readonly hidden: ReadonlyArray<string>
}

/**
 * @param config the absolute path of the tsconfig.json
 * @param entries the source file of each entry, relative to the folder of `config`
 */
export const publicApi = (config: string, entries: Readonly<Record<string, string>>): PublicApi => {
  const folder = dirname(config)
  const api = new API({ cwd: folder })
  try {
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)
    if (project === undefined) throw new Error(`${config} is no project`)
    const walk = new Walk(project, folder)
    for (const [entry, file] of Object.entries(entries)) walk.entry(entry, join(folder, file))
    return { names: walk.found, hidden: walk.hidden }
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

interface Use {
  readonly by: string
  /** The name of the used type. */
  readonly type: string
  /** Where it is declared. */
  readonly place: string
}

class Walk {
  readonly found: Array<PublicName> = []
  readonly #uses: Array<Use> = []
  /** Place and name of each export. */
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

  get hidden(): ReadonlyArray<string> {
    const hidden = this.#uses.filter(({ place, type }) => !this.#seen.has(`${place} ${type}`))
    return [...new Set(hidden.map(({ by, place, type }) => `${by} uses ${type} (${place})`))]
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
    for (const declaration of declarations) {
      this.#declared(name, declaration)
      this.#references(name, declaration)
    }
  }

  /**
   * The types that a declaration names, except in the bodies of functions, in private members, and as bases: a reference
   * shows the members of a base.
   */
  #references(by: string, node: Node): void {
    if (isBlock(node) || isHeritageClause(node) || (isNamedMember(node) && isPrivateIdentifier(node.name))) return
    if (isArrowFunction(node)) {
      for (const part of [...(node.typeParameters ?? []), ...node.parameters, node.type])
        if (part !== undefined) this.#references(by, part)
      return
    }
    if (isTypeReferenceNode(node)) this.#reference(by, node.typeName)
    node.forEachChild((part) => this.#references(by, part))
  }

  #reference(by: string, typeName: Node): void {
    const named = this.#checker.getSymbolAtLocation(typeName)
    const symbol = named && named.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(named) : named
    const declaration = symbol?.declarations[0]?.resolve(this.#project)
    if (symbol === undefined || declaration === undefined || isTypeParameterDeclaration(declaration)) return
    const place = this.#placeOf(declaration)
    if (!place.startsWith("..") && !place.includes("node_modules")) this.#uses.push({ by, type: symbol.name, place })
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
