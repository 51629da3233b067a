/** Module of an application that code of the pages imports. */
export declare const database: { product(id: string): Promise<{ readonly id: string; readonly name: string } | undefined> };
