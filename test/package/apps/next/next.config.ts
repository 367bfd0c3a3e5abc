import { basePath } from "./lib/base-path"

export default { basePath, trailingSlash: basePath !== "" }
