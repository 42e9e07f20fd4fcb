import { isPhylumError } from '#base'
import type { Database } from '../store/database.ts'

/** Makes a database like another one, of whose failures somebody is told, also of those that nobody else hears of. */
export function watchDatabase(database: Database, onError: () => void): Database {
  function watch<T>(outcome: Promise<T>): Promise<T> {
    outcome.catch((error) => {
      if (isPhylumError(error, 'ERR_SERVER_DATABASE')) onError()
    })
    return outcome
  }

  return {
    dialect: database.dialect,
    all: <Row>(...call: Parameters<Database['all']>) => watch(database.all<Row>(...call)),
    get: <Row>(...call: Parameters<Database['get']>) => watch(database.get<Row>(...call)),
    run: (...call) => watch(database.run(...call)),
    // What fails within fails the whole, so it is counted once.
    transaction: (work) => watch(database.transaction(work)),
    close: () => database.close(),
  }
}
