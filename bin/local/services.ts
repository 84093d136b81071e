import { Failure } from "../failure.ts";
import { recordOf, type ServiceProcess, stopService } from "./processes.ts";
import { removeRunning, writeRunning } from "./running-file.ts";

/** The processes of one local service: written down as they start, watched, and ended together. */
export class Services {
  private readonly started: ServiceProcess[] = [];
  private readonly end = Promise.withResolvers<Failure>();
  private readonly directory: string;
  private stopping = false;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Fulfilled when one of them ends that should not, with what to tell. */
  get broken(): Promise<Failure> {
    return this.end.promise;
  }

  /** Takes a process in: from now on it is found by `npm stop`, and its end is told. */
  keep(service: ServiceProcess): ServiceProcess {
    this.started.push(service);
    this.record(null);
    void service.gone.then((reason) => {
      if (!this.stopping)
        this.end.resolve(
          new Failure(`${capital(service.name)} has ended (${reason}). Its log: ${service.log}`),
        );
    });
    return service;
  }

  /** Writes down what runs, and where it answers once it does. */
  record(apiUrl: string | null): void {
    const launcher = recordOf("npm start", process.pid) ?? null;
    writeRunning(this.directory, { launcher, processes: this.records(), api_url: apiUrl });
  }

  /** Lets all of them run on without this process. */
  leave(apiUrl: string): void {
    writeRunning(this.directory, { launcher: null, processes: this.records(), api_url: apiUrl });
  }

  /** Ends all of them, then does what else has to be done, and only then is nothing running here any more. */
  async stop(tidy: () => void): Promise<void> {
    this.stopping = true;
    await Promise.all(this.started.map(stopService));
    tidy();
    removeRunning(this.directory);
  }

  private records() {
    return this.started.map(({ log, gone, ...record }) => record);
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
