import { main } from "./hosts/plugin/main";

main(process.argv);
