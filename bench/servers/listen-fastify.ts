import type { AddressInfo } from "node:net"
import type { FastifyInstance } from "fastify"

export const listenFastify = async (app: FastifyInstance): Promise<void> => {
  await app.listen({ host: "127.0.0.1", port: 0 })
  console.log(`listening on ${(app.server.address() as AddressInfo).port}`)
}
