import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { isPrivateAddress, publicLookup } from "../../../lambdas/images/public-lookup.ts";

test.each([
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "100.127.255.255",
  "127.0.0.1",
  "127.255.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::10.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:0:127.0.0.1",
  "::ffff:0:10.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:a9fe:a9fe",
  "64:ff9b::127.0.0.1",
  "64:ff9b::a00:1",
  "2002:7f00:1::",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fec0::1",
  "feff::1",
  "168.63.129.16",
  "::ffff:168.63.129.16",
  "ff02::1",
])("%s is private", (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each([
  "47.74.0.1",
  "100.63.255.255",
  "100.128.0.1",
  "172.15.0.1",
  "172.32.0.1",
  "8.8.8.8",
  "168.63.129.15",
  "168.63.129.17",
  "2400:3200::1",
  "::ffff:47.74.0.1",
  "64:ff9b::2f4a:1",
])("%s is public", (address) => {
  expect(isPrivateAddress(address)).toBe(false);
});

const ask = (answers: LookupAddress[], all: boolean) =>
  new Promise((resolve) => {
    publicLookup(async () => answers)("name.example", { all }, (error, address, family) =>
      resolve(error === null ? [address, family] : error),
    );
  });
const outside = { address: "47.74.0.1", family: 4 };

test("answers in the form that was asked for", async () => {
  expect(await ask([outside], true)).toEqual([[outside], undefined]);
  expect(await ask([outside], false)).toEqual(["47.74.0.1", 4]);
});

test("one private address among the answers refuses the name", async () => {
  const inside = { address: "10.0.0.1", family: 4 };
  expect(await ask([outside, inside], true)).toMatchObject({ code: "PRIVATE_ADDRESS" });
  expect(await ask([outside, inside], false)).toMatchObject({ code: "PRIVATE_ADDRESS" });
});

test("no answer is an error", async () => {
  expect(await ask([], false)).toBeInstanceOf(Error);
});
