"""Variants held against the base: means and ranges over seeds, and what is better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fontgan.config import Table
from fontgan.experiments.recipes import Variant
from fontgan.experiments.results import CODES, CODES_MEANING, code_values, heads, markdown
from fontgan.metrics.measures import DECISIVE, MEASURES, VARIANTS, definitions

Means = Mapping[str, float]  # by measure


def compare(variants: Sequence[Variant], scores: Mapping[str, Mapping[int, Means]]) -> Table:
    """Compare finished variants.

    Args:
        variants: all of the experiment; the first is the base.
        scores: by variant and seed; only what is finished.

    Returns:
        ``variants``, the numbers of each, and ``against_base``, what is better, by measure.
    """
    done = [variant for variant in variants if variant.name in scores]
    base = scores.get(variants[0].name, {})
    return {
        "base": variants[0].name,
        "variants": [
            {
                "name": one.name,
                "settings": list(one.settings),
                "question": one.question,
                "seeds": {str(seed): dict(means) for seed, means in scores[one.name].items()},
                **_spread(scores[one.name]),
            }
            for one in done
        ],
        "against_base": {
            one.name: _against(base, scores[one.name]) for one in done if one is not variants[0]
        }
        if base
        else {},
    }


def page(results: Table) -> str:
    """Return a comparison as a Markdown page."""
    names = [name for name in VARIANTS if all(name in one["mean"] for one in results["variants"])]
    rows = [
        [one["name"], str(len(one["seeds"])), *(_cell(one, name) for name in names)]
        for one in results["variants"]
    ]
    stage = results["stage"]
    lines = [f"# {results['experiment']} ({results['form']} form): variants", ""]
    lines.append(
        f"{stage['method']} {stage['preset']}, {results['iterations']:,} iterations a run, equal "
        f"data and seeds; {results['glyphs']} held-out glyphs, split by {results['split']}. Means "
        "over seeds, with the lowest and the highest."
    )
    lines += ["", f"Note: {results['leak']}."] if results["leak"] else []
    lines += ["", *markdown(["variant", "seeds", *heads(names)], rows)]
    lines += ["", "![the same held-out glyphs by each variant](ablations.png)", ""]
    if results.get("codes"):
        coded = [[name, *code_values(codes)] for name, codes in results["codes"].items()]
        lines += ["## Codes", "", *markdown(["variant", *CODES.values()], coded)]
        lines += ["", *CODES_MEANING, ""]
    lines += [f"## Against {results['base']}", "", *_answers(results)]
    lines += ["", "## Measures", "", *(f"- {line}" for line in definitions(tuple(names)))]
    lines += ["", "## Settings", "", *_settings(results)]
    return "\n".join(lines)


def _spread(seeds: Mapping[int, Means]) -> dict[str, dict[str, float]]:
    """Return mean, lowest and highest of each measure over seeds."""
    known = [name for name in VARIANTS if all(name in means for means in seeds.values())]
    columns = {name: [means[name] for means in seeds.values()] for name in known}
    return {
        "mean": {name: sum(values) / len(values) for name, values in columns.items()},
        "lowest": {name: min(values) for name, values in columns.items()},
        "highest": {name: max(values) for name, values in columns.items()},
    }


def _against(base: Mapping[int, Means], variant: Mapping[int, Means]) -> Table:
    """Compare a variant with the base over the seeds that both have; by measure."""
    common = [seed for seed in base if seed in variant]
    if not common:
        return {}
    ours = _spread({seed: variant[seed] for seed in common})
    theirs = _spread({seed: base[seed] for seed in common})
    found: Table = {}
    for name in (name for name in VARIANTS if name in ours["mean"] and name in theirs["mean"]):
        change = ours["mean"][name] - theirs["mean"][name]
        sign = change if MEASURES[name].higher else -change
        found[name] = {
            "seeds": len(common),
            "base": theirs["mean"][name],
            "variant": ours["mean"][name],
            "better": "variant" if sign > 0 else "base" if sign < 0 else "neither",
            "ranges_overlap": ours["lowest"][name] <= theirs["highest"][name]
            and theirs["lowest"][name] <= ours["highest"][name],
        }
    return found


def _cell(one: Table, name: str) -> str:
    mean, lowest, highest = (one[key][name] for key in ("mean", "lowest", "highest"))
    return f"{mean:.3f}" + (f" [{lowest:.3f}-{highest:.3f}]" if len(one["seeds"]) > 1 else "")


def _answers(results: Table) -> Iterator[str]:
    if not results["against_base"]:
        yield f"Nothing to compare yet: it needs {results['base']} and another variant."
    for one in results["variants"]:
        against = results["against_base"].get(one["name"])
        if against is None:
            continue
        yield f"**{one['name']}** (`{' '.join(one['settings'])}`). {one['question']}".rstrip()
        yield ""
        if not against:
            yield f"- no seed in common with {results['base']} yet"
        for name in filter(against.__contains__, DECISIVE):
            yield f"- {_verdict(name, against[name], results['base'])}"
        yield ""


def _verdict(name: str, found: Table, base: str) -> str:
    better = {"variant": "better", "base": "worse", "neither": "the same"}[found["better"]]
    overlap = "the seeds' ranges overlap" if found["ranges_overlap"] else "the ranges are apart"
    if found["seeds"] == 1:
        overlap = "one seed, so no range"
    label = MEASURES[name].label
    return f"{label}: {found['variant']:.3f}, {base} {found['base']:.3f}: {better}; {overlap}"


def _settings(results: Table) -> Iterator[str]:
    about = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    yield f"- {about}"
    yield f"- all variants: `{' '.join(results['settings']) or 'the settings of the preset'}`"
    for one in results["variants"]:
        seeds = ", ".join(one["seeds"])
        yield f"- {one['name']}: `{' '.join(one['settings']) or 'no change'}`; seeds {seeds}"
