import { formatCount } from "#common/format";

interface Props {
  /** The first page is 1. */
  page: number;
  pageSize: number;
  total: number;
  /** Returns the address of a page. */
  href(page: number): string;
}

/** Leads to the next and the previous page of a list. */
export function Pager({ page, pageSize, total, href }: Props) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  if (last === 1 && page === 1) return null;
  const first = (page - 1) * pageSize + 1;
  const range = `${formatCount(first)}–${formatCount(Math.min(page * pageSize, total))} of ${formatCount(total)}`;
  return (
    <nav class="pager" aria-label="Pages of the list">
      <Step label="First" page={1} isPossible={page > 1} href={href} />
      <Step label="Previous" page={Math.min(page - 1, last)} isPossible={page > 1} href={href} />
      <span>{first > total ? "No such page" : range}</span>
      <Step label="Next" page={page + 1} isPossible={page < last} href={href} />
      <Step label="Last" page={last} isPossible={page < last} href={href} />
    </nav>
  );
}

function Step(props: { label: string; page: number; isPossible: boolean; href: (page: number) => string }) {
  const { label, page, isPossible, href } = props;
  // A link without an address stays in its place, and cannot be followed.
  return (
    <a class="button" {...(isPossible ? { href: href(page) } : { "aria-disabled": true, role: "link" })}>
      {label}
    </a>
  );
}
