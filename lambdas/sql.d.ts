/** The bundler turns an SQL file into its text. */
declare module '*.sql' {
  const text: string;
  export default text;
}
