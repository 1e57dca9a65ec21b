export { type CustomModel, customModel } from './custom-model.ts'
export type { Warn } from './custom-validator.ts'
export type { CompiledRule, CompiledRules, RuleCompiler, RuleError, RuleInput } from './rules.ts'
export { structuralMergeType } from './structural-merge-type.ts'
