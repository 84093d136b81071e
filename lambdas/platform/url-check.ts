/** Whether an address from outside may be fetched from. */
export type UrlCheck =
  | {
      readonly allowed: true;
      readonly url: URL;
      /** Path and query as they go on the wire: a query that is encoded anew breaks its signature. */
      readonly target: string;
      /** True for hosts that the operator listed: they may be at a private address. */
      readonly mayBePrivate: boolean;
    }
  | {
      readonly allowed: false;
      /** `other_port`: the host is one that we fetch from, but not at this port. */
      readonly fault: "unknown_host" | "other_port";
      /** Name and port for the operator, without path, query or userinfo. */
      readonly host: string;
    };
