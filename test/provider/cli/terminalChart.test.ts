import assert from "node:assert/strict";
import { axesOf, shown } from "../../../provider/src/cli/plot/axes";
import type { Curve } from "../../../provider/src/cli/plot/curves";
import { svgChart } from "../../../provider/src/cli/plot/svgChart";
import { terminalChart } from "../../../provider/src/cli/plot/terminalChart";

const curve = (label: string, ...values: number[]): Curve => ({
  label,
  points: values.map((value, index) => ({ step: index + 1, value })),
});

describe("the chart of the command plot", () => {
  const size = { width: 20, height: 6, log: false };

  it("draws several curves without colors, each with its own mark", () => {
    const text = terminalChart([curve("one", 4, 2), curve("two", 2, 4)], { ...size, isStyled: false });
    assert.deepEqual(text.split("\n"), [
      "4 ┤***           ooo",
      "  │   ***     ooo",
      "  │     ***oooo",
      "  │     oooo***",
      "  │   ooo     ***",
      "2 ┤ooo           ***",
      "  └─────────────────",
      "   1               2",
      "* one: last 2, lowest 2",
      "o two: last 4, lowest 2",
    ]);
  });

  it("draws dots where colors distinguish the curves, and fits the width", () => {
    const curves = [curve("one", 3, 1, 2), curve("two", 2, 2, 2)];
    const styled = terminalChart(curves, { ...size, isStyled: true });
    assert.match(styled, /[⠁-⣿]/);
    const plain = terminalChart(curves, { ...size, isStyled: false });
    assert.doesNotMatch(plain, /[⠁-⣿]/);
    const chart = plain.split("\n").slice(0, -2);
    assert.ok(chart.every((line) => line.length <= size.width));
  });

  it("draws single points and constant curves", () => {
    for (const curves of [[curve("one", 1)], [curve("one", 5, 5, 5)], [curve("one", 0)]]) {
      assert.match(terminalChart(curves, { ...size, isStyled: false }), /[⠀-⣿]/);
      assert.doesNotMatch(svgChart("a title", curves, false), /NaN|Infinity/);
    }
  });

  it("omits values that a logarithmic axis cannot show", () => {
    const [logarithmic] = shown([curve("one", 0, 1, 100)], true) as [Curve];
    assert.deepEqual(logarithmic.points, [
      { step: 2, value: 1 },
      { step: 3, value: 100 },
    ]);
    const axes = axesOf([logarithmic], true);
    assert.deepEqual([axes.y(10), axes.valueAt(0.5), axes.x(3)], [0.5, 10, 1]);
  });

  it("escapes labels in SVG", () => {
    const svg = svgChart("a & b", [curve('<script x="">', 1, 2)], false);
    assert.match(svg, /a &#38; b/);
    assert.doesNotMatch(svg, /<script/);
  });
});
