import type Database from "libsql";

/** Filters of lists produce different SQL. Statements beyond this number are compiled again. */
const MAX_STATEMENTS = 200;

/** Makes `prepare` return the same statement for the same SQL, because compiling takes longer than most of the queries. */
export function cacheStatements(database: Database.Database): void {
  const prepare = database.prepare.bind(database);
  const statements = new Map<string, Database.Statement>();
  const cached = (sql: string): Database.Statement => {
    const found = statements.get(sql);
    if (found !== undefined) return found;
    if (statements.size === MAX_STATEMENTS) statements.clear();
    const statement = prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  database.prepare = cached as typeof database.prepare;
}
