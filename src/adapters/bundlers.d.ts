/** webpack and Rspack define this name and the next one while they build. Elsewhere neither exists. */
declare const __webpack_require__: unknown
/** In a bundle: Node's own `require`, not the bundler's. */
declare const __non_webpack_require__: NodeJS.Require
