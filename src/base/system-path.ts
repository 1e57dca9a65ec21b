import { delimiter } from 'node:path'

/** Where distributions put programs; those of the administrator are not on every user's PATH. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** The directories of PATH, which come first, and the system's own. */
export const programDirectories = (path = process.env.PATH ?? ''): string[] => [
  ...new Set([...path.split(delimiter).filter((directory) => directory !== ''), ...SYSTEM_DIRECTORIES]),
]

/** The environment for a program of the host, and for those that it calls. */
export const systemEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: programDirectories().join(delimiter),
})
