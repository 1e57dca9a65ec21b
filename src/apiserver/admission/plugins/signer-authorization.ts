import type { Authorizer } from '../../authz/authorizer.ts'
import type { UserInfo } from '../../request.ts'

/** Whether a user may `approve` or `sign` for a signer: by its name, or by `domain/*`. */
export function mayUseSigner(
  authorizer: Authorizer,
  user: UserInfo,
  verb: 'approve' | 'sign',
  signer: string,
): boolean {
  const domain = signer.split('/', 1)[0]
  return [signer, `${domain}/*`].some((name) => {
    const at = { group: 'certificates.k8s.io', version: '*', resource: 'signers', subresource: '', namespace: '' }
    return authorizer.authorize({ user, verb, ...at, name }).verdict === 'allow'
  })
}
