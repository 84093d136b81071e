import { openOperation } from "../operation.ts";
import { type PageNeeds, pageReply } from "./built-page.ts";

/** Where pictures are shown from: the bucket, by the one who presigns their addresses. */
interface PictureNeeds {
  readonly images: {
    readonly bucket: string;
    address(image: { bucket: string; key: string }): Promise<{ readonly url: string }>;
  };
}

/** `GET /v1/console`: a page to paint and browse, in one answer that needs nothing from anywhere else. */
export const consolePage = openOperation({
  method: "GET",
  path: "/v1/console",
  operationId: "console",
  tag: "Service",
  summary: "Open the console",
  description:
    "A page to paint pictures and to look through your own. It asks for a key, keeps it in its tab, and uses nothing but this API.",
  answers: { 200: { description: "The console.", mediaType: "text/html" } },
  problems: [],
  async handle({ request }, { page, images }: PageNeeds & PictureNeeds) {
    const { url } = await images.address({ bucket: images.bucket, key: "generations/any.png" });
    return pageReply(await page("console"), { root: request.root, pictures: [new URL(url).origin] });
  },
});
