import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkResultUrl, KNOWN_RESULT_HOSTS } from "../../../../lambdas/providers/dashscope/result-hosts.ts";

const check = (url: string, extraHosts: string[] = []) => checkResultUrl(url, { extraHosts });
const host = "dashscope-7c2c.oss-cn-shanghai.aliyuncs.com";

test.each([...KNOWN_RESULT_HOSTS])("%s is allowed", (name) => {
  expect(check(`https://${name}/a/b.png?Expires=1&Signature=x%2By`)).toMatchObject({
    allowed: true,
    target: "/a/b.png?Expires=1&Signature=x%2By",
    mayBePrivate: false,
  });
});

test.each([
  `https://${host}:443/a.png`,
  `https://${host.toUpperCase()}/a.png`,
  `HTTPS://${host}/a.png`,
  `https://${host}`,
  `https://${host}?Expires=1`,
  `https://${host}/a.png#https://evil.example`,
  `https://${host}./a.png`,
  `http://${host}/a.png`,
  `http://${host}:80/a.png`,
])("%s is allowed", (url) => {
  const result = check(url);
  if (!result.allowed) throw new Error(result.fault);
  expect(result.url.origin).toBe(`https://${host}`);
});

test.each([
  ["another port", `https://${host}:8443/a.png`],
  ["the port of http", `https://${host}:80/a.png`],
  ["userinfo", `https://user:secret@${host}/a.png`],
  ["the host as userinfo", `https://${host}@evil.example/a.png`],
  ["the host as user with a password", `https://${host}:443@evil.example/a.png`],
  ["empty userinfo", `https://@${host}/a.png`],
  ["a suffix", `https://${host}.evil.example/a.png`],
  ["the host in a path", `https://evil.example/${host}`],
  ["the host in a query", `https://evil.example?${host}`],
  ["the host in a fragment", `https://evil.example#.${host}`],
  ["a backslash", `https://evil.example\\.${host}/`],
  ["a backslash before userinfo", `https://${host}\\@evil.example/`],
  ["two trailing dots", `https://${host}../a.png`],
  ["an extra label in front", `https://x.${host}/a.png`],
  ["an extra label inside", "https://dashscope-a.b.oss-cn-shanghai.aliyuncs.com/a.png"],
  ["a prefix glued on", "https://evildashscope-a.oss-cn-shanghai.aliyuncs.com/"],
  ["no bucket", "https://oss-cn-shanghai.aliyuncs.com/dashscope-a"],
  ["an empty star in front", "https://dashscope-.oss-cn-shanghai.aliyuncs.com/"],
  ["an empty star behind", "https://dashscope-a.oss-.aliyuncs.com/"],
  ["a label that ends with a hyphen", "https://dashscope-a-.oss-cn-shanghai.aliyuncs.com/"],
  ["an underscore", "https://dashscope-a_b.oss-cn-shanghai.aliyuncs.com/"],
  ["another bucket", "https://other.oss-cn-shanghai.aliyuncs.com/"],
  ["another service", "https://dashscope-a.fc-cn-shanghai.aliyuncs.com/"],
  ["another domain", "https://dashscope-a.oss-cn-shanghai.aliyuncs.com.cn/"],
  ["a look-alike", "https://dashscope-a.oss-cn-shanghai.aliyuncs.co/"],
  ["letters of full width", `https://${host.replace("a", "ａ")}/`],
  ["a dot of full width", `https://${host.replace(".", "。")}/`],
  ["Cyrillic", `https://${host.replace("aliyuncs", "аliyuncs")}/`],
  ["punycode", "https://dashscope-a.oss-cn.xn--liyuncs-2fg.com/"],
  ["percent signs", `https://${host.replace(".", "%2e")}/`],
  ["an address", "https://127.0.0.1/a.png"],
  ["a decimal address", "https://2130706433/"],
  ["an IPv6 address", "https://[::1]/"],
  ["the metadata service", "http://169.254.169.254/latest/meta-data"],
  ["another scheme", `ftp://${host}/a.png`],
  ["a file", "file:///etc/passwd"],
  ["a line break", `https://${host}/a\r\nHost: evil.example`],
  ["a space", ` https://${host}/a.png`],
  ["a tab", `https://dashscope-\ta.oss-cn-shanghai.aliyuncs.com/`],
  ["no slashes", `https:${host}/a.png`],
  ["too many slashes", `https:///${host}/a.png`],
  ["a label that is too long", `https://dashscope-${"a".repeat(60)}.oss-cn-shanghai.aliyuncs.com/`],
  ["nothing", ""],
  ["nonsense", "not a url"],
])("%s is refused", (_name, url) => {
  expect(check(url).allowed).toBe(false);
});

test.each([
  `https://${host}:8443/a.png`,
  `https://${host}:80/a.png`,
  `http://${host}:8080/`,
  `http://${host}:443/`,
])("%s is refused for its port, not for its host", (url) => {
  expect(check(url)).toEqual({ allowed: false, fault: "other_port", host: new URL(url).host });
});

test.each([
  ["/a b.png?name=c d", "/a%20b.png?name=c%20d"],
  ["/图.png?p=é", "/%E5%9B%BE.png?p=%C3%A9"],
  ["/a%20b.png?S=x%2By=%E5%9B%BE", "/a%20b.png?S=x%2By=%E5%9B%BE"],
  ["/a b%20c.png", "/a%20b%20c.png"],
  ["/a\\b.png", "/a%5Cb.png"],
  ["/\ud800.png", "/%EF%BF%BD.png"],
  ["/a.png?x#é ", "/a.png?x"],
])("the target of %s is %s", (written, target) => {
  expect(check(`https://${host}${written}`)).toMatchObject({ allowed: true, target });
});

test("a refusal names the host without path, query or userinfo", () => {
  expect(check("https://user:secret@new.example:444/path?Signature=abc")).toEqual({
    allowed: false,
    fault: "unknown_host",
    host: "new.example:444",
  });
});

test("the query is kept as it was written", () => {
  const target = `/a//../b%2f.png?Signature=a'b"c%2B+%zz|{}&&x=`.replaceAll('"', "%22");
  expect(check(`https://${host}${target}`)).toMatchObject({ allowed: true, target });
});

test("no name outside the provider's storage passes, however it is put together", () => {
  const piece = fc.constantFrom(
    host,
    "evil.example",
    "@",
    ":",
    "443",
    "/",
    "\\",
    "#",
    "?",
    ".",
    "-",
    "dashscope-",
    "oss-a",
    ".aliyuncs.com",
    "%2e",
    "[",
    "::1",
    "。",
    "\t",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const result = check(`https://${pieces.join("")}`);
      if (result.allowed)
        expect(result.url.origin).toMatch(/^https:\/\/dashscope-[^.]+\.oss-[^.]+\.aliyuncs\.com$/);
    }),
    { numRuns: 2000 },
  );
});

describe("further hosts", () => {
  test("a name is allowed over https and 443 only; plain http is upgraded", () => {
    expect(check("https://images.example/a", ["Images.example"])).toMatchObject({
      allowed: true,
      mayBePrivate: true,
    });
    expect(check("http://images.example/a", ["images.example"])).toMatchObject({
      allowed: true,
      url: expect.objectContaining({ protocol: "https:", port: "" }),
    });
    expect(check("https://images.example:444/a", ["images.example"])).toMatchObject({ fault: "other_port" });
    expect(check("https://a.images.example/a", ["images.example"]).allowed).toBe(false);
    expect(check("https://user@images.example/a", ["images.example"]).allowed).toBe(false);
  });

  test("an entry with a port allows plain http and addresses", () => {
    expect(check("http://127.0.0.1:8080/a.png?x=1", ["127.0.0.1:8080"])).toMatchObject({
      allowed: true,
      target: "/a.png?x=1",
      mayBePrivate: true,
    });
    expect(check("https://localhost:8080/", ["localhost:8080"]).allowed).toBe(true);
    expect(check("http://[::1]:8080/", ["[::1]:8080"]).allowed).toBe(true);
    expect(check("http://localhost/", ["localhost:80"]).allowed).toBe(true);
    expect(check("http://127.0.0.1:8081/", ["127.0.0.1:8080"]).allowed).toBe(false);
    expect(check("http://user@127.0.0.1:8080/", ["127.0.0.1:8080"]).allowed).toBe(false);
  });

  test("an address is only known as it is listed", () => {
    for (const spelling of ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[0:0:0:0:0:0:0:1]"])
      expect(check(`http://${spelling}:8080/`, ["127.0.0.1:8080", "[::1]:8080"]).allowed).toBe(false);
  });

  test("an address without a port is not honoured", () => {
    expect(check("https://127.0.0.1/", ["127.0.0.1"]).allowed).toBe(false);
    expect(check("https://[::1]/", ["[::1]"]).allowed).toBe(false);
  });
});
