/** Whether an address that somebody else chose may be fetched from. */
export type UrlCheck =
  | {
      readonly allowed: true;
      readonly url: URL;
      /** Path and query exactly as they were written: a query that is encoded anew breaks its signature. */
      readonly target: string;
      /** True for hosts that the operator listed: they may be at a private address. */
      readonly mayBePrivate: boolean;
    }
  | {
      readonly allowed: false;
      /** Name and port for the operator, without path, query or userinfo. */
      readonly host: string;
    };
