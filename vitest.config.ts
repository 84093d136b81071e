import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Only with `npm run coverage`, which runs the unit project. The floor is what was measured, less one.
    // The pages' scripts run in a real browser, in the local project.
    coverage: {
      include: ["lambdas/**/*.ts"],
      exclude: ["lambdas/browser/**"],
      reporter: ["text-summary"],
      reportOnFailure: true,
      thresholds: { statements: 93.5, branches: 91.7 },
    },
    projects: [
      // Property tests, under coverage and on a busy machine.
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "stack",
          include: ["test/stack/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "local",
          include: ["test/local/**/*.test.ts"],
          globalSetup: ["test/local/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          // Waits for redeliveries overlap.
          maxConcurrency: 50,
        },
      },
    ],
  },
});
