/**
 * Node's module `http` as `require` loads it. An `import` of it reads all that it exports, also `WebSocket`, for which
 * Node loads the whole of `fetch`: 14 MB and 20 ms that applications with CommonJS frameworks do not need.
 */
export const nodeHttp = process.getBuiltinModule("node:http")
