import { defineConfig } from "vitest/config";

/** What other makers' implementations say: run by `npm run fidelity`, which installs them first. */
export default defineConfig({
  test: {
    name: "fidelity",
    include: ["test/fidelity/**/*.test.ts"],
    globalSetup: ["test/fidelity/global-setup.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
