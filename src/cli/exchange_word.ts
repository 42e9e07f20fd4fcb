/** The one argument of the program when it runs as the process that exchanges; nothing that a person types. */
export const EXCHANGE_WORD = '--exchange-refresh-token'
