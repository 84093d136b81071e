import { openOperation } from "../operation.ts";
import { type PageNeeds, pageReply } from "./built-page.ts";

/** `GET /v1/docs`: the OpenAPI document as a page, in one answer that needs nothing from anywhere else. */
export const docsPage = openOperation({
  method: "GET",
  path: "/v1/docs",
  operationId: "docs",
  tag: "Service",
  summary: "Read the reference page",
  description:
    "The OpenAPI document as a page to read and to try. It needs no key and nothing from elsewhere.",
  answers: { 200: { description: "This document as a page.", mediaType: "text/html" } },
  problems: [],
  async handle({ request }, { page }: PageNeeds) {
    return pageReply(await page("docs"), { root: request.root });
  },
});
