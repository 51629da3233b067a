/** A template that can't be read or resolved. The message says where and why; nothing of the platform has been started. */
export class AssemblyError extends Error {
  constructor(
    message: string,
    /** Place in the templates, such as `stack/logicalId Property`, once known. */
    readonly location?: string,
    options?: ErrorOptions,
  ) {
    super(location ? `${location}: ${message}` : message, options);
    this.name = 'AssemblyError';
  }

  /** The same error with the place where it happened; an error that already has a place keeps it. */
  at(location: string): AssemblyError {
    return this.location ? this : new AssemblyError(this.message, location, { cause: this });
  }
}
