/**
 * What only Node can do for a client: matching over worker threads, injected as `Ports.matcher`.
 * @module
 */
export { type WorkerMatcher, type WorkerOptions, workerMatcher } from "./matcher.ts"
