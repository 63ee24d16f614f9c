import { formatBytes, formatCount } from "#common/format";
import { visibleText } from "#common/visibleText";
import { CopyButton } from "../../components/copyButton";
import { Ago } from "../../components/time";
import { shortId } from "../../format";
import { path } from "../../links";
import type { StoredFile } from "./file";

export function FilesTable({ files }: { files: readonly StoredFile[] }) {
  return (
    <table class="cards">
      <caption class="hidden">Uploaded files, newest first</caption>
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col" class="number">
            Samples
          </th>
          <th scope="col" class="number">
            Size
          </th>
          <th scope="col">ID</th>
          <th scope="col" class="number">
            Uploaded
          </th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <FileRow key={file.id} file={file} />
        ))}
      </tbody>
    </table>
  );
}

function FileRow({ file: { id, filename, num_lines: samples, bytes, created_at: created } }: { file: StoredFile }) {
  const name = visibleText(filename);
  return (
    <tr>
      <th scope="row" class="file-name">
        <a href={path(`v1/files/${encodeURIComponent(id)}/content`)} download title={`Download ${name}`}>
          {name}
        </a>
      </th>
      <td data-label="Samples" class="number">
        {samples === undefined ? <span class="muted">–</span> : formatCount(samples)}
      </td>
      <td data-label="Size" class="number">
        {formatBytes(bytes)}
      </td>
      <td data-label="ID">
        <span class="with-copy">
          <code title={id}>{shortId(id)}</code>
          <CopyButton text={id} label="Copy file ID" />
        </span>
      </td>
      <td data-label="Uploaded" class="number">
        <Ago seconds={created} />
      </td>
    </tr>
  );
}
