export { measurementCommand } from "./command.ts"
export { readScene, readScenes } from "./read.ts"
