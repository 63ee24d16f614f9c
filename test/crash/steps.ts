const POLL = /^GET \/v1\/fine_tuning\/jobs(\/\{id\})?$/;

/**
 * Names the distinct requests of one command: `GET …/jobs`, and `GET …/jobs#2` for the same request at a later point. The polls of
 * a wait count once. A wait polls with the list of jobs or with the job itself, so while nothing else is sent, each counts once.
 */
export class Steps {
  private readonly counts = new Map<string, number>();
  private readonly inWait = new Set<string>();

  next(template: string): string {
    const repeated = this.inWait.has(template);
    if (!POLL.test(template)) this.inWait.clear();
    else this.inWait.add(template);
    const count = (this.counts.get(template) ?? 0) + (repeated ? 0 : 1);
    this.counts.set(template, count);
    const short = template.replace("/v1/fine_tuning/", "…/").replace("/v1/", "…/");
    return count === 1 ? short : `${short}#${count}`;
  }
}
