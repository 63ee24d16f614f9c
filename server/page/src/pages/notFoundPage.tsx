import { path } from "../links";

export function NotFoundPage() {
  return (
    <section>
      <h1>There is no such page</h1>
      <p>
        <a href={path("")}>All jobs</a>
      </p>
    </section>
  );
}
