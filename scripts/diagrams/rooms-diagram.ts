/** The folders of `src` and their imports, as a Mermaid diagram. */

/** Each room with those that it may import. */
export type Rooms = Readonly<Record<string, ReadonlyArray<string>>>

/**
 * Arrows lead from a room to those that it imports. An arrow is left out if other arrows lead to the same room: a map
 * with every arrow shows nothing.
 *
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export const roomsDiagram = (core: Rooms, adapters: Rooms): string => {
  const withGround = groundFloor(core)
  return [
    "flowchart TD",
    "  subgraph adapters [src/adapters]",
    ...Object.keys(adapters).map((room) => `    adapters_${room}["${room}"]`),
    "  end",
    "  subgraph core [src/core]",
    ...Object.keys(withGround).map((room) => `    core_${idOf(room)}["${room}"]`),
    "  end",
    ...arrows(adapters).map(([from, to]) => `  adapters_${from} --> adapters_${to}`),
    "  adapters --> core",
    ...arrows(withGround).map(([from, to]) => `  core_${idOf(from)} --> core_${idOf(to)}`)
  ].join("\n")
}

const ground = "ground floor"

const idOf = (room: string): string => room.replace(" ", "_")

/** Files at the top of the core as one room; `index.ts`, which imports everything, is left out. */
const groundFloor = (core: Rooms): Rooms => {
  const roomOf = (name: string): string => (name.endsWith(".ts") ? ground : name)
  const rooms = Object.entries(core).filter(([room]) => !room.endsWith(".ts"))
  return {
    ...Object.fromEntries(rooms.map(([room, known]) => [room, [...new Set(known.map(roomOf))]])),
    [ground]: []
  }
}

const arrows = (rooms: Rooms): ReadonlyArray<readonly [from: string, to: string]> => {
  const reaches = (from: string, to: string): boolean =>
    (rooms[from] ?? []).some((next) => next === to || reaches(next, to))
  return Object.entries(rooms).flatMap(([from, known]) =>
    known
      .filter((to) => !known.some((other) => other !== to && reaches(other, to)))
      .map((to): readonly [string, string] => [from, to])
  )
}
