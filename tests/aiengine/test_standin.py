# SPDX-License-Identifier: Apache-2.0
"""The stand-in for the vendor's vector header against a model in exact integers."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from surmax.aie.host_build import HOST, SANITIZERS, WARNINGS, find_compiler
from surmax.golden import InputError

SOURCES = Path(__file__).parent / "standin"
ARCHITECTURES = (10, 20, 22)
ROUNDINGS = (
    "floor",
    "ceil",
    "positive_inf",
    "negative_inf",
    "symmetric_inf",
    "symmetric_zero",
    "conv_even",
    "conv_odd",
)
SATURATIONS = ("none", "saturate", "symmetric")
RANGES = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-32768, 32767),
    "uint16": (0, 65535),
    "int32": (-(2**31), 2**31 - 1),
}


def compile_source(source, architecture, *options, compiler=None):
    """Run a compiler on a source of the stand-in's tests; returns what it did."""
    try:
        compiler = find_compiler(compiler)
    except InputError as error:
        pytest.skip(str(error))
    command = [
        *(compiler, "-std=c++20", f"-D__AIE_ARCH__={architecture}"),
        *(f"-I{HOST}", SOURCES / source),
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def run_cases(tmp_path_factory):
    """Return a function from architecture, case and standard input to the lines of cases.cpp."""
    programs = {}

    def run(architecture, case, text=""):
        if architecture not in programs:
            program = tmp_path_factory.mktemp("standin") / "cases"
            options = ("-O1", *WARNINGS, *SANITIZERS, "-o", program)
            done = compile_source("cases.cpp", architecture, *options)
            assert (done.returncode, done.stderr) == (0, "")
            programs[architecture] = program
        done = subprocess.run(
            [programs[architecture], case], input=text, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return run


def rounded(value, shift, mode):
    """value / 2**shift as the documents' words have it: what is nearest, and which way at a tie."""
    below, rest = value >> shift, value & ((1 << shift) - 1)
    if rest == 0 or mode == "floor":
        return below
    if mode == "ceil" or 2 * rest > 1 << shift:
        return below + 1
    if 2 * rest < 1 << shift:
        return below
    return {
        "positive_inf": below + 1,
        "negative_inf": below,
        "symmetric_inf": below + (value > 0),
        "symmetric_zero": below + (value < 0),
        "conv_even": below + below % 2,
        "conv_odd": below + 1 - below % 2,
    }[mode]


def narrowed(value, kind, mode):
    low, high = RANGES[kind]
    if mode == "none":
        return (value - low) % (high - low + 1) + low
    if mode == "symmetric" and low < 0:
        low = -high
    return min(max(value, low), high)


def table(lines):
    """Values by name of lines "name: value value ..."."""
    return {
        name: np.array(rest.split(), dtype=np.int64)
        for name, rest in (line.split(": ") for line in lines)
    }


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_rounding_and_saturation_mode(run_cases, architecture):
    edges = [0, 1, 2, 3, 5, 6, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**30, 2**31 - 1]
    # Ties and their neighbours at each of the shifts, of both signs.
    ties = [n * 2**s + d for s in (0, 1, 6, 14) for n in (1, 3, 5, 255, 257) for d in (-1, 0, 1)]
    rng = np.random.default_rng(5)
    spread = rng.integers(-(2**31), 2**31, 61) >> rng.integers(0, 31, 61)
    values = [v for e in (*edges, *ties) for v in (e, -e)] + spread.tolist() + [-(2**31)]
    values += [0] * (-len(values) % 32)
    lines = run_cases(architecture, "conversions", " ".join(map(str, values)))
    assert len(lines) == 4 * len(SATURATIONS) * len(ROUNDINGS) * 9
    for line in lines:
        kind, saturation, rounding, shift, *got = line.split()
        modes = SATURATIONS[int(saturation)], ROUNDINGS[int(rounding)]
        expected = [narrowed(rounded(v, int(shift), modes[1]), kind, modes[0]) for v in values]
        assert list(map(int, got)) == expected, (kind, *modes, shift)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_lanes(run_cases, architecture):
    got = table(run_cases(architecture, "values"))
    a, b, x = got["words a"], got["words b"], got["bytes x"]

    def equal(name, expected):
        assert got[name].tolist() == np.asarray(expected).tolist(), name

    equal("max", np.maximum(a, b))
    equal("min", np.minimum(a, b))
    equal("add", (a + b).astype(np.int16))
    equal("sub", (a - b).astype(np.int16))
    assert (a + b != got["add"]).any()
    assert (a - b != got["sub"]).any()
    equal("select", np.where(np.arange(32) % 2, b, a))
    equal("concat", [*a, *b])
    equal("extract", b[16:])
    equal("insert", [*a[:5], 77, *a[6:16], *b[:16]])
    equal("broadcast", [-5] * 8)
    equal("zeros", [0] * 8)
    equal("unpack", x)
    equal("cast", x % 256)
    equal("unpack unsigned", x % 256)
    equal("mul", a * a)
    equal("mac", a * b)
    equal("add accumulators", np.clip((a * a + a * b) >> 18, -32768, 32767))
    equal("from_vector", x << 4)
    equal("shuffle_down", [a[3], a[31]])
    equal("reduce", [a.max(), got["longs"].max(), (x << 4).sum()])
    equal("clb", [31, 15, 1])
    equal("partly known", [max(a[15], b[31])])
    equal("state", [1, 1])
    if architecture == 10:
        return
    y = got["bytes y"]
    equal("sub bytes", (x - y) % 256)
    equal("max bytes", np.maximum(x, y))
    equal("min unsigned", np.minimum(x % 256, y % 256))
    equal("mac bytes", x * y + x * x)
    equal("pack", np.clip(a, -128, 127))
    equal("pack unsigned", np.minimum(a % 65536, 255))
    equal("pack truncated", a.astype(np.int8))


@pytest.mark.parametrize("architecture", [20, 22])
def test_lookup_reads_the_table(run_cases, architecture):
    got = table(run_cases(architecture, "lookups"))
    index = got["index"]
    assert got["whole"].tolist() == (index * 257 + 3).tolist()
    # An index beyond a table of 64 entries is truncated to it.
    assert got["quarter"].tolist() == (index[16:] % 64 * 257 + 3).tolist()
    assert index.max() > 191


UNWRITTEN = "a vector of 32 lanes is read that were not all written"
VIOLATIONS = {
    "load off by one": "load_v of 32 bytes is 1 off its alignment to 32",
    "load off by 16": "load_v of 32 bytes is 16 off its alignment to 32",
    "load of 16 off by 16": "nothing",
    "load of 64 off by 32": "nothing",
    "store off by 16": "store_v of 64 bytes is 16 off its alignment to 32",
    "rounding not set": "to_vector before aie::set_rounding",
    "saturation not set": "to_vector before aie::set_saturation",
    "state is the tile's": "to_vector before aie::set_rounding",
    "shift below 0": "to_vector by -1: shifts are 0 to 59",
    "shift too large": "to_vector by 63: shifts are 0 to 59",
    "largest shift": "nothing",
    "upshift below 0": "from_vector by -1: shifts are 0 to 31",
    "upshift too large": "from_vector by 32: shifts are 0 to 31",
    "upshift that wraps": "from_vector gives 2147483648 in lane 0: more than 32 bits",
    "mac that wraps": "mac gives 2147483648 in lane 0: more than 32 bits",
    "mac that reaches the limit": "nothing",
    "add that wraps": "add gives -4294836224 in lane 0: more than 32 bits",
    "accumulator never written": "an accumulator is read that was never written",
    "vector never written": UNWRITTEN,
    "vector partly written": UNWRITTEN,
    "lane of a shuffle": "lane 29 of 32 is read and was never written",
    "lane out of range": "lane 32 of 32",
    "set out of range": "lane 8 of 8",
    "part out of range": "part 2 of 2",
    "insert out of range": "part 2 of 2",
    "shuffle out of range": "lane 32 of 32",
    "mask too wide": "mask of 8 lanes has bits beyond them: 256",
    "lane of a mask": "lane 8 of 8",
    "reduce_add too large": "reduce_add of lanes whose sums reach 0 and 2147483680: more than 32 "
    "bits",
    "reduce_add by parts": "reduce_add of lanes whose sums reach -2147483648 and 2147483648: more "
    "than 32 bits",
    "clb of 0": "clb of 0: a positive integer is needed",
    "clb of -1": "clb of -1: a positive integer is needed",
    "division by 0": "division by 0: a positive integer is needed",
    "division by -3": "division by -3: a positive integer is needed",
    "pack before the state": "pack before aie::set_saturation",
}
LATER_VIOLATIONS = VIOLATIONS | {
    "copy with a shift": "to_vector by 1: shifts are 0 to 0",
    "copy into with a shift": "from_vector by 1: shifts are 0 to 0",
    "table off": "a table is not aligned to 32",
    "table size": "a table of 200 entries: a power of two is needed",
    "step bits": "look-up with 1 step bits: 0 is offered",
    "fetch before the state": "fetch before aie::set_saturation",
    "fetch with saturation": "fetch with a saturation mode: none is needed",
    "fetch": "nothing",
    "copies differ": "copies of a table differ at entry 0",
}
EXPECTED_VIOLATIONS = {
    10: VIOLATIONS
    | {
        "shift below 0": "to_vector by -1: shifts are 0 to 62",
        "shift too large": "to_vector by 63: shifts are 0 to 62",
        "upshift that wraps": "nothing",
        "mac that wraps": "nothing",
        "add that wraps": "add gives -281466386776064 in lane 0: more than 48 bits",
        "pack too large": "pack of 128: more than an 8-bit lane holds",
    },
    20: LATER_VIOLATIONS,
    22: LATER_VIOLATIONS
    | {
        "load of 64 off by 32": "load_v of 64 bytes is 32 off its alignment to 64",
        "store off by 16": "store_v of 64 bytes is 16 off its alignment to 64",
        "table off": "a table is not aligned to 64",
    },
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_violations_are_thrown_with_one_line(run_cases, architecture):
    lines = run_cases(architecture, "violations")
    assert dict(line.split(": ", 1) for line in lines) == EXPECTED_VIOLATIONS[architecture]
    copies = [line for line in lines if line.startswith("copies differ")]
    assert len(copies) == (0 if architecture == 10 else 4)
    assert len(set(copies)) <= 1


@pytest.mark.parametrize("architecture", [10, 20])
def test_what_a_device_has_not_does_not_compile(architecture):
    wanted = {}
    for number, line in enumerate((SOURCES / "refused.cpp").read_text().splitlines(), 1):
        found = re.search(r"; +// refused( on 10| from 20)?: (.*)", line)
        if found and found[1] in (None, " on 10" if architecture == 10 else " from 20"):
            wanted[number] = found[2]
    # g++ says where a template is needed before it says what is wrong with it.
    options = ("-fsyntax-only", "-fdiagnostics-color=never")
    done = compile_source("refused.cpp", architecture, *options, compiler="g++")
    errors = {}
    at = None
    for line in done.stderr.splitlines():
        place = re.search(r"refused\.cpp:(\d+):\d+:", line)
        at = int(place[1]) if place else at
        if " error: " in line:
            errors.setdefault(at, []).append(line)
    assert wanted.keys() == errors.keys()
    for number, text in wanted.items():
        assert any(text in error for error in errors[number]), (number, text, errors[number])


# calls and instructions of tests/aiengine/standin/counts.cpp.
COUNTS = {
    20: {
        "other": {"load": [1, 1]},
        "inner": {"store": [1, 4], "mac": [2, 4], "srs": [1, 2], "move": [1, 2]},
        "outer": {"load": [1, 4], "alu": [2, 2], "srs": [1, 1], "ups": [2, 2], "move": [2, 3]}
        | {"mac": [1, 1], "reduce": [1, 11], "scalar": [8, 8], "clb": [1, 1], "divide": [1, 1]},
    },
    10: {
        "other": {"load": [1, 1]},
        "inner": {"store": [1, 4], "mac": [2, 8], "srs": [1, 4], "move": [1, 2]},
        "outer": {"load": [1, 4], "alu": [2, 2], "srs": [2, 3], "ups": [3, 7], "move": [3, 5]}
        | {"reduce": [1, 6], "scalar": [8, 8], "clb": [1, 1], "divide": [1, 1]},
    },
    22: {
        "other": {"load": [1, 1]},
        "inner": {"store": [1, 2], "mac": [2, 2], "srs": [1, 2], "move": [1, 2]},
        "outer": {"load": [1, 2], "alu": [2, 2], "srs": [1, 1], "ups": [2, 2], "move": [2, 3]}
        | {"mac": [1, 1], "reduce": [1, 11], "scalar": [8, 8], "clb": [1, 1], "divide": [1, 1]},
    },
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_ledger_counts(tmp_path, architecture):
    program = tmp_path / "counts"
    options = ("-O0", *WARNINGS, "-DSURMAX_LEDGER", "-o", program)
    done = compile_source("counts.cpp", architecture, *options)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    before, counts, after = map(json.loads, done.stdout.splitlines())
    assert (before, counts, after) == ({}, COUNTS[architecture], {})
