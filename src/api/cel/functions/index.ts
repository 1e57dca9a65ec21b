import { addresses } from './addresses.ts'
import { conversions } from './conversions.ts'
import { listExtensions, lists } from './lists.ts'
import { mapMaking } from './map-making.ts'
import { namedFormats } from './named-formats.ts'
import { lazyOperators, operators } from './operators.ts'
import { optionals } from './optionals.ts'
import { type FunctionTable, functionTable } from './overload.ts'
import { quantities } from './quantities.ts'
import { regexes } from './regexes.ts'
import { semvers } from './semvers.ts'
import { sets } from './sets.ts'
import { texts } from './texts.ts'
import { times } from './times.ts'
import { urls } from './urls.ts'

/** The functions of v1.36's base environment, without those that ask the authorizer. */
export const baseFunctions: FunctionTable = functionTable(
  lazyOperators,
  operators,
  conversions,
  texts,
  times,
  optionals,
  mapMaking,
  lists,
  listExtensions,
  sets,
  regexes,
  urls,
  quantities,
  addresses,
  namedFormats,
  semvers,
)
