/** The functions of Next and React that the test kit uses. The application brings its own Next and React. */
declare module "next/server.js" {
  interface Jar {
    readonly get: (name: string) => unknown
    readonly getAll: () => ReadonlyArray<{ readonly name: string; readonly value: string }>
    readonly set: (...cookie: ReadonlyArray<unknown>) => unknown
    readonly delete: (...cookie: ReadonlyArray<unknown>) => unknown
  }
  export class NextRequest extends Request {
    readonly cookies: Jar
    readonly nextUrl: { readonly pathname: string; readonly search: string }
  }
  export class NextResponse extends Response {
    readonly cookies: Jar
  }
}

declare module "react" {
  export type ReactElement = { readonly type: unknown; readonly props: unknown; readonly key: string | null }
  export const createElement: (type: unknown, props: object | null, ...children: ReadonlyArray<unknown>) => ReactElement
}

declare module "react-dom/static" {
  export const prerenderToNodeStream:
    | ((
        element: import("react").ReactElement,
        options: { readonly onError: (error: unknown) => void }
      ) => Promise<{ readonly prelude: AsyncIterable<Uint8Array> }>)
    | undefined
}
