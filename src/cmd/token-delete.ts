import { TOKEN_NAMESPACE, tokenSecretName } from '../api/bootstrap-token.ts'
import type { Given } from './options.ts'
import { asAdministrator, tokenIdOf } from './token-access.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const ids = given.operands.map(tokenIdOf)
  if (ids.length === 0) throw new UsageError("say which token: 'navarch token list' shows their ids.", { exitCode: 2 })
  await asAdministrator(given, async (client) => {
    for (const id of ids) {
      await client.secrets.delete({ namespace: TOKEN_NAMESPACE, name: tokenSecretName(id) })
      process.stdout.write(`the token ${id} is deleted; nodes that joined with it stay\n`)
    }
  })
  return 0
}
