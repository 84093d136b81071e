import { defineConfig } from "vitest/config";

const patience = { testTimeout: 120_000, hookTimeout: 180_000 };

/** What other makers' implementations say: run by `npm run fidelity`, which installs them first. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fidelity",
          include: ["test/fidelity/**/*.test.ts"],
          globalSetup: ["test/fidelity/global-setup.ts"],
          ...patience,
        },
      },
      {
        // The core of the local suite, as it is, over Amazon's table and its stream.
        test: {
          name: "amazons-table",
          include: ["budget", "contract", "main-job"].map((name) => `test/local/${name}.test.ts`),
          globalSetup: ["test/fidelity/amazons-table/global-setup.ts"],
          fileParallelism: false,
          maxConcurrency: 50,
          // After the others: a provider that is waited for 4 s alone wants the machine for itself.
          sequence: { groupOrder: 1 },
          ...patience,
        },
      },
    ],
  },
});
