import { styleText } from "node:util";
import ora from "ora";

/** Tells a person what is going on. */
export interface Progress {
  /** Shows a step from its start to its end, and what it says in between. Answers what the work answers. */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  /** One line of its own. */
  note(text: string): void;
}

/** For callers with nobody watching. */
export const silence: Progress = { step: (_title, work) => work(() => {}), note: () => {} };

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** A spinner with the elapsed time where there is a terminal, plain lines elsewhere. Steps may overlap. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY === true && process.env["CI"] === undefined ? spinning(stream) : plain(stream);
}

function plain(stream: NodeJS.WriteStream): Progress {
  return {
    async step(title, work) {
      const start = performance.now();
      stream.write(`… ${title}\n`);
      try {
        let last = "";
        const result = await work((text) => {
          if (text !== last) stream.write(`  ${text}\n`);
          last = text;
        });
        stream.write(`✔ ${title} (${seconds(start)})\n`);
        return result;
      } catch (error) {
        stream.write(`✖ ${title} (${seconds(start)})\n`);
        throw error;
      }
    },
    note: (text) => void stream.write(`${text}\n`),
  };
}

function spinning(stream: NodeJS.WriteStream): Progress {
  const dim = (text: string) => styleText("dim", text, { stream });
  const spinner = ora({ stream, discardStdin: false });
  const active = new Map<symbol, { title: string; detail: string; start: number }>();
  let ticker: NodeJS.Timeout | undefined;

  const show = () => {
    const oldest = active.values().next().value;
    const titles = [...active.values()].map(({ title, detail }) =>
      detail === "" ? title : `${title} ${dim(`(${detail})`)}`,
    );
    spinner.text = oldest === undefined ? "" : `${titles.join(dim(" + "))} ${dim(seconds(oldest.start))}`;
  };
  /** Prints lines above the spinner. */
  const print = (line: string) => {
    spinner.stop();
    stream.write(`${line}\n`);
    if (active.size > 0) spinner.start();
  };

  return {
    async step(title, work) {
      const step = { title, detail: "", start: performance.now() };
      const id = Symbol(title);
      active.set(id, step);
      show();
      spinner.start();
      ticker ??= setInterval(show, 100);
      const end = (line: string) => {
        active.delete(id);
        show();
        print(line);
        if (active.size > 0) return;
        clearInterval(ticker);
        ticker = undefined;
      };
      try {
        const result = await work((text) => {
          step.detail = text;
        });
        end(`${styleText("green", "✔", { stream })} ${title} ${dim(seconds(step.start))}`);
        return result;
      } catch (error) {
        end(`${styleText("red", "✖", { stream })} ${title} ${dim(seconds(step.start))}`);
        throw error;
      }
    },
    note: print,
  };
}
