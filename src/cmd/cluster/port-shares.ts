/**
 * How the connections to the API are shared out with `--api-workers`. The main thread takes half of what a worker takes: it
 * also makes the writes of all threads and runs the controllers.
 */
export const PortShares = { mainThread: 1, worker: 2 } as const
