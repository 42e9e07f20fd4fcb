/** Where the operations of the API lie, as the guest offers them. */
export const OPERATIONS_PATH = 'src/protocol/operations.generated.ts'

/** Where the declarations lie that editors read. */
export const DECLARATIONS_PATH = 'extensions/phylum.d.ts'
