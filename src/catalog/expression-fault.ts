/** Why an expression cannot be used, and where in it. */
export interface ExpressionFault {
  readonly message: string
  /** Characters from the start of the expression. */
  readonly offset: number
}
