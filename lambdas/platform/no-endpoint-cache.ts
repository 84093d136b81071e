/**
 * The bundles take this for `@aws-sdk/endpoint-cache`: the table's client makes one, and asks it only where endpoints are
 * discovered, which no command of ours does.
 */
export class EndpointCache {}
