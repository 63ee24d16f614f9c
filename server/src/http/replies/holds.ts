import type { Hold } from "../../store/holds";
import { seconds } from "./time";

export function holdReply({ holder, models, description, createdAt }: Hold) {
  return { id: holder, object: "fine_tuning.hold", models, description, created_at: seconds(createdAt) };
}
