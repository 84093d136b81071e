import { openOperation } from "../operation.ts";
import { referencePage } from "../reference-page.ts";

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
  async handle() {
    const { html, contentSecurityPolicy } = await referencePage();
    return {
      status: 200,
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "public, max-age=3600",
        "Content-Security-Policy": contentSecurityPolicy,
      },
      body: html,
    };
  },
});
