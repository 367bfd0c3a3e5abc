/** webpack (and Rspack) know both names where they build; elsewhere neither exists. */
declare const __webpack_require__: unknown
/** Node's own `require`, of the bundle. */
declare const __non_webpack_require__: NodeJS.Require
