/** What the bytes of a file prove of a picture. */
export type Inspection =
  | { readonly whole: true; readonly width: number; readonly height: number }
  | {
      readonly whole: false;
      /** Good so far, but it ends too early. */
      readonly truncated: boolean;
      readonly detail: string;
    };
