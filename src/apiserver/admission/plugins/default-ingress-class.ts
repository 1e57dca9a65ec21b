import type { Ingress, IngressClass } from '../../../api/types/networking.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout } from '../refuse.ts'

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class'
const CLASS_LEGACY = 'kubernetes.io/ingress.class'

/** An ingress that names no class gets the default one. */
export function defaultIngressClass({ ingressClasses }: Pick<AdmissionDeps, 'ingressClasses'>): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    handles: (request) => request.operation === 'CREATE' && isAbout(request, 'networking.k8s.io', 'ingresses'),
    mutate({ object }) {
      const ingress = object as Ingress
      if (ingress.spec?.ingressClassName !== undefined) return
      if (ingress.metadata.annotations?.[CLASS_LEGACY] !== undefined) return
      const chosen = newestDefault(ingressClasses.list())
      if (chosen) ingress.spec = { ...ingress.spec, ingressClassName: chosen.metadata.name }
    },
  }
}

/** Of several defaults the newest counts; made in the same second, the first by name. */
function newestDefault(classes: readonly DeepReadonly<IngressClass>[]): DeepReadonly<IngressClass> | undefined {
  const age = ({ metadata }: DeepReadonly<IngressClass>) => Date.parse(metadata.creationTimestamp)
  const defaults = classes.filter(({ metadata }) => metadata.annotations?.[IS_DEFAULT] === 'true')
  return defaults.sort((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0]
}
