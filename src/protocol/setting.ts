/** A setting of a process, as its operator is told of it; the process reads it with the same code. */
export interface Setting {
  /** Of its variable, its place in a file, or its flag. */
  readonly name: string
  readonly what: string
  readonly unit?: string
  /** Page and heading of the specification. */
  readonly section?: string
  /** Nobody is shown its value. */
  readonly secret?: boolean
  /** What holds when it is not given; undefined where it must be given, or where nothing then holds. */
  readonly otherwise?: string
  /** What is wrong with a value, or with none, in words that begin with "expected". */
  problemOf(text: string | undefined): string | undefined
}
