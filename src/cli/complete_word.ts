/** The first argument of the program when a shell asks what may follow; nothing that a person types. */
export const COMPLETE_WORD = '__complete'
