import type { SelfSubjectReview } from '../../api/types/authentication.v1.ts'
import type { UserInfo } from '../request.ts'
import { wireUser } from './token-review.ts'

/** `kubectl auth whoami`. */
export function reviewSelfSubject(review: SelfSubjectReview, user: UserInfo): SelfSubjectReview {
  return { ...review, status: { userInfo: wireUser(user) } }
}
