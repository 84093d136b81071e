import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";

/**
 * Says in a PNG that it was generated: one XMP packet in an `iTXt` chunk (PNG 3, section 11.3.3.4; XMP part 3,
 * section 1.1.5) with IPTC's digital source type (https://cv.iptc.org/newscodes/digitalsourcetype). Pixels and all
 * other chunks stay as they are.
 */

/** The type for pictures made by a trained model. */
export const DIGITAL_SOURCE_TYPE = "trainedAlgorithmicMedia";

const SOURCE_TYPE_ADDRESS = `http://cv.iptc.org/newscodes/digitalsourcetype/${DIGITAL_SOURCE_TYPE}`;
const KEYWORD = "XML:com.adobe.xmp";
const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const IHDR_END = SIGNATURE.length + 25;

/** What the mark says of a picture besides its type. */
export interface Mark {
  readonly generationId: string;
  readonly model: string;
  /** When it was made, RFC 3339. From the record, so that a repeated marking gives the same bytes. */
  readonly createdAt: string;
}

/** A picture after marking. */
export type Marked =
  | { readonly kind: "marked"; readonly bytes: Buffer }
  /** Kept byte for byte: it says by itself where it comes from, or cannot take the mark. */
  | {
      readonly kind: "untouched";
      readonly reason: "own_source_type" | "signed" | "no_png" | "unreadable_metadata";
    };

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly content: Buffer;
  readonly end: number;
}

/**
 * Marks a whole PNG file. A file that is signed (C2PA's `caBX`) or names a source type of its own is left as it is;
 * where it has an XMP packet without one, the type is added to that packet, as a file may have only one.
 */
export function markPng(file: Buffer, mark: Mark): Marked {
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return { kind: "untouched", reason: "no_png" };
  const chunks = chunksOf(file);
  if (chunks === null) return { kind: "untouched", reason: "no_png" };
  if (chunks.some(({ type }) => type === "caBX")) return { kind: "untouched", reason: "signed" };
  const own = chunks.find(({ type, content }) => type === "iTXt" && isXmp(content));
  if (own === undefined) {
    const packet = packetChunk(xmpPacket(mark));
    return {
      kind: "marked",
      bytes: Buffer.concat([file.subarray(0, IHDR_END), packet, file.subarray(IHDR_END)]),
    };
  }
  const text = xmpText(own.content);
  if (text === null) return { kind: "untouched", reason: "unreadable_metadata" };
  if (text.includes("DigitalSourceType")) return { kind: "untouched", reason: "own_source_type" };
  const end = text.lastIndexOf("</rdf:RDF>");
  if (end === -1) return { kind: "untouched", reason: "unreadable_metadata" };
  const packet = packetChunk(text.slice(0, end) + description(mark, text) + text.slice(end));
  return {
    kind: "marked",
    bytes: Buffer.concat([file.subarray(0, own.start), packet, file.subarray(own.end)]),
  };
}

/** The chunks up to IEND; null where the file is not built of chunks. */
function chunksOf(file: Buffer): Chunk[] | null {
  const chunks: Chunk[] = [];
  for (let start = SIGNATURE.length; start + 12 <= file.length; ) {
    const length = file.readUInt32BE(start);
    const end = start + length + 12;
    if (end > file.length) return null;
    const type = file.toString("latin1", start + 4, start + 8);
    chunks.push({ type, start, content: file.subarray(start + 8, end - 4), end });
    if (type === "IEND") return chunks[0]?.type === "IHDR" && chunks[0].end === IHDR_END ? chunks : null;
    start = end;
  }
  return null;
}

function isXmp(content: Buffer): boolean {
  return content.toString("latin1", 0, KEYWORD.length + 1) === `${KEYWORD}\0`;
}

/** The packet of an uncompressed iTXt chunk in UTF-8, as XMP asks for; null for any other. */
function xmpText(content: Buffer): string | null {
  const flags = KEYWORD.length + 1;
  if (content[flags] !== 0) return null;
  const languageEnd = content.indexOf(0, flags + 2);
  const translatedEnd = languageEnd === -1 ? -1 : content.indexOf(0, languageEnd + 1);
  const packet = content.subarray(translatedEnd + 1);
  return translatedEnd === -1 || !isUtf8(packet) ? null : packet.toString("utf8");
}

/** Keyword, no compression, no language, no translated keyword, and the packet. */
function packetChunk(packet: string): Buffer {
  return chunk(
    "iTXt",
    Buffer.concat([Buffer.from(`${KEYWORD}\0\0\0\0\0`, "latin1"), Buffer.from(packet, "utf8")]),
  );
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(content.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

function xmpPacket(mark: Mark): string {
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    description(mark),
    "</rdf:RDF></x:xmpmeta>",
    '<?xpacket end="r"?>',
  ].join("");
}

/** What we say, but for properties that the packet already has: XMP lets a resource have each once. */
function description({ generationId, model, createdAt }: Mark, packet = ""): string {
  const properties = {
    "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE_ADDRESS,
    "xmp:CreateDate": createdAt,
    "xmp:CreatorTool": model,
    "dc:identifier": generationId,
  };
  const ours = Object.entries(properties)
    .filter(([name]) => !packet.includes(name))
    .map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return [
    '<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""',
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ...ours,
    "/>",
  ].join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
