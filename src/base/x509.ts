/**
 * The X.509 library, loaded by its first use: a start that finds its certificates good does without the tenth of a second
 * that this takes. `reflect-metadata` must be there before it.
 */
export async function x509Library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}
