/**
 * Replaces `$(NAME)` by what `lookup` gives; `$$` stands for a single `$`; a reference to something unknown stays as it is.
 * The rules of container env, command and args (core/v1 EnvVar).
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (all, what: string, name: string | undefined) => {
    if (what === '$') return '$'
    return lookup(name ?? '') ?? all
  })
}
