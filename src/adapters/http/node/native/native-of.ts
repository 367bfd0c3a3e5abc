import { Http1Response } from "./http1.ts"
import { Http2Response } from "./http2.ts"
import type { NativeResponse, NodeResponse } from "./native.ts"

export const nativeOf = (res: NodeResponse): NativeResponse =>
  "createPushResponse" in res ? new Http2Response(res) : new Http1Response(res)
