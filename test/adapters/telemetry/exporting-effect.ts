/** The same for an application on Effect, whose own exporter sends what `effectTelemetry` measures. */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import { effectTelemetry } from "../../../src/adapters/telemetry/effect-telemetry.ts"
import { tracedOperation } from "../../../src/adapters/telemetry/traced.ts"

const exporter = Otlp.layerJson({
  baseUrl: process.env["COLLECTOR_URL"] ?? "",
  resource: { serviceName: "a test" },
  metricsTemporality: "cumulative"
}).pipe(Layer.provide(FetchHttpClient.layer))

const telemetry = effectTelemetry()
await Effect.runPromise(
  Effect.gen(function* () {
    yield* tracedOperation(telemetry, "getPerms", Effect.void)
    yield* telemetry.count("latchkey.logins", {})
  }).pipe(Effect.provide(exporter))
)
console.log("done")
