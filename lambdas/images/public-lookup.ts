import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIPv6, type LookupFunction } from "node:net";

/** The addresses that are not on the public internet (https://www.iana.org/assignments/iana-ipv4-special-registry). */
const PRIVATE_IPV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Azure's own services, as seen from each of its machines.
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const PRIVATE_IPV6: readonly (readonly [string, number])[] = [
  // Unspecified, loopback, and IPv4 addresses in an old notation.
  ["::", 96],
  // IPv4 addresses as a translating gateway writes them.
  ["::ffff:0:0:0", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const refusedAddresses = new BlockList();
for (const [network, prefix] of PRIVATE_IPV4) {
  refusedAddresses.addSubnet(network, prefix, "ipv4");
  // The same address behind a NAT64 gateway, as an IPv6-only subnet would see it.
  refusedAddresses.addSubnet(`64:ff9b::${network}`, prefix + 96, "ipv6");
}
for (const [network, prefix] of PRIVATE_IPV6) refusedAddresses.addSubnet(network, prefix, "ipv6");

/** Whether an address is private, loopback, link-local, reserved or of a tunnel, in whichever notation. */
export function isPrivateAddress(address: string): boolean {
  return refusedAddresses.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** The error code of a name that leads to a private address. */
export const PRIVATE_ADDRESS = "PRIVATE_ADDRESS";

class PrivateAddressError extends Error {
  readonly code = PRIVATE_ADDRESS;
}

/** Resolves a name to all of its addresses. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

const systemResolve: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    );
  });

/**
 * A lookup for a connection that refuses names with a private address among their answers. The connection uses the
 * very addresses checked here, so a second answer cannot slip in between.
 */
export function publicLookup(resolve: Resolve = systemResolve): LookupFunction {
  return (hostname, options, callback) => {
    const answer = async () => {
      const addresses = await resolve(hostname);
      if (addresses.some(({ address }) => isPrivateAddress(address)))
        throw new PrivateAddressError("a private address");
      return addresses;
    };
    answer().then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else if (first !== undefined) callback(null, first.address, first.family);
        else callback(new Error("no address"), "");
      },
      (error) => callback(error instanceof Error ? error : new Error("no address"), ""),
    );
  };
}
