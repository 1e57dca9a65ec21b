import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../types/autoscaling.v2.ts'

/** Upstream's standard way to scale up: at once, by 4 pods or to the double every 15 s, whichever is more. */
function scaleUpRules(): HPAScalingRules {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  }
}

/** Down: as far as wanted; the window is the controller manager's. */
function scaleDownRules(): HPAScalingRules {
  return { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
}

/** Completes a behavior that was given in part; none given stays none. */
export function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior | undefined): void {
  if (!behavior) return
  behavior.scaleUp = { ...scaleUpRules(), ...given(behavior.scaleUp) }
  behavior.scaleDown = { ...scaleDownRules(), ...given(behavior.scaleDown) }
}

const given = (rules: HPAScalingRules | undefined): Partial<HPAScalingRules> =>
  Object.fromEntries(Object.entries(rules ?? {}).filter(([, value]) => value !== undefined && value !== null))
