/** `npm run test:training`: trains for real. The first time it sets up the recipe's environment, which takes minutes and 6 GB. */
import { runMain } from "./main";
import { setUpRecipe, testTrainings } from "./trainings";

runMain(async () => {
  if (!(await setUpRecipe())) throw new Error("The recipe's environment could not be set up; the reason stands above.");
  const { passed, failed } = await testTrainings({ long: true });
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
