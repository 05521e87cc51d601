#!/usr/bin/env python3
"""area_fit.py WORK [-j JOBS] [-o FILE] [--modules MODULE...]: the coefficients of the planner's area model from Yosys runs.

Each library module is synthesised alone at the points below, in the flow of `neuspin synth` (one Yosys run a point; WORK is
what `neuspin synth SPEC --work WORK` wrote for any design: its library, technology maps and head tables are used, the RTL is
this tree's). A module's own cells are set against its terms: least squares of relative errors (weights 1/area) with
coefficients of at least 0. Terms are those of gen/plan/area.cpp, by the module's parameters; FILE (default
gen/plan/area_table.cpp) gets the table. Areas found stay in WORK/area_points.json, so that a second run repeats nothing.
"""
import argparse
import concurrent.futures
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def idx(n):
    return max(1, (n - 1).bit_length())


def cnt(n):
    return n.bit_length()


def adders(taps):
    """Full adders of cim_popcount."""
    left, right = taps // 2, taps - 1 - taps // 2
    return 0 if taps <= 1 else adders(left) + adders(right) + cnt(left)


def lane_sum(p):
    counts = p["RowTiles"] * p["Slices"]
    return [p["Words"], counts * p["Lanes"] * p["AccBits"], p["Lanes"] * p["SumBits"]]


def window(p):
    height, width, pixels = p["Height"], p["Width"], p["Height"] * p["Width"]
    out = [(size + 2 * p["Padding"] - p["Kernel"]) // p["Stride"] + 1 for size in (height, width)]
    position = cnt(max(height, width) + 2 * p["Padding"] + p["Stride"] + p["Kernel"]) + 1
    counters = 2 * (cnt(pixels + p["Depth"]) + 1) + idx(out[0]) + idx(out[1]) + 2 * position
    return [1, p["Kernel"] ** 2 * p["Channels"] * p["ElemBits"], 5 * idx(p["Depth"]) + 2 * (idx(pixels) + 1) + counters,
            p["Kernel"] ** 2 if p["Absent"] else 0]


def noisy(p):
    factor = max(p["ScaleBits"], p["SigmaBits"] + p["EpsBits"]) + 1
    return [1, p["SumBits"] * factor, p["SigmaBits"] * p["EpsBits"], p["OutBits"]]


def held(p):
    return 20 + 32 * p["EnMoment2"] + 32 * p["EnLogits"] + 8 * p["EnVotes"] + 12 * p["Smallest"]


def table(names, *rows):
    names = names.split()
    return [dict(zip(names, row)) for row in rows]


# Module: names of its terms, their amounts, points.
MODULES = {
    "cim_row_buffer": (
        ["instance", "bit of a bank", "beat", "bit of the vector counter"],
        lambda p: [1, p["Words"] * p["BeatWidth"], p["Words"], cnt(p["Vectors"])],
        table("Words BeatWidth Vectors", (4, 16, 1), (1, 64, 1), (32, 8, 1), (64, 2, 1), (8, 16, 100), (98, 32, 1))),
    "cim_window_buffer": (
        ["instance", "window bit", "counter and address bit", "flagged tap"], window,
        table("Channels ElemBits Height Width Kernel Stride Padding Depth Absent TapMajor", (8, 1, 8, 8, 3, 1, 1, 19, 1, 0),
              (16, 1, 16, 16, 3, 1, 0, 35, 0, 0), (3, 4, 28, 28, 3, 1, 0, 60, 0, 0), (32, 1, 6, 6, 1, 1, 0, 1, 0, 0),
              (4, 1, 12, 12, 5, 1, 2, 50, 1, 1), (64, 1, 30, 30, 3, 1, 0, 61, 0, 0))),
    "cim_tile_ctrl": (
        ["instance", "step counter bit", "step of several planes", "bit of other counters"],
        lambda p: [1, idx(p["Steps"]), p["Steps"] if p["PlaneBits"] > 1 else 0,
                   (p["PassBits"] if p["ReplayInput"] else 0) + (idx(p["MaskWindows"]) if p["MaskWindows"] > 1 else 0)],
        table("Steps GroupBits PlaneBits ReplayInput MaskWindows PassBits", (25, 5, 1, 0, 1, 8), (4, 2, 1, 0, 1, 8),
              (200, 8, 1, 0, 1, 8), (32, 2, 3, 0, 1, 8), (72, 5, 2, 0, 1, 8), (16, 4, 1, 1, 1, 8), (9, 4, 1, 0, 100, 8))),
    "cim_wl_drive": (
        ["group", "row of a group", "bit of a group's planes"],
        lambda p: [p["Groups"], p["Group"], p["Group"] * p["ElemBits"] if p["ElemBits"] > 1 else 0],
        table("Rows ElemBits Bipolar Group Groups MaskBits MaskGroup Taps", (200, 1, 1, 8, 25, 1, 200, 1),
              (64, 1, 1, 16, 4, 1, 64, 1), (27, 8, 0, 27, 1, 1, 27, 1), (60, 4, 0, 10, 6, 1, 60, 1),
              (128, 1, 1, 8, 16, 128, 1, 1), (144, 1, 1, 16, 9, 1, 144, 9), (144, 1, 1, 1, 144, 1, 144, 1),
              (60, 1, 1, 10, 6, 1, 60, 1), (196, 1, 1, 7, 28, 1, 196, 1), (200, 1, 1, 25, 8, 1, 200, 1),
              (27, 8, 0, 9, 3, 1, 27, 1), (120, 1, 1, 12, 10, 120, 1, 1), (72, 1, 1, 6, 12, 1, 72, 1),
              (200, 1, 1, 20, 10, 1, 200, 1))),
    "cim_select_tile": (["instance", "array"], lambda p: [1, p["Arrays"]], table("Arrays", (2,), (5,), (8,))),
    "cim_and_or": (["bit selected from"], lambda p: [p["Words"] * p["Width"]],
                   table("Words Width", (2, 32), (5, 16), (8, 32), (25, 8), (9, 7), (10, 20), (6, 40))),
    "cim_array_port": (["instance"], lambda p: [1], table("ProgUnit", (5,), (77,))),
    "cim_column_block": (
        ["instance", "accumulator bit", "adder of a popcount", "count bit"],
        lambda p: [1, p["Columns"] * p["AccBits"], 0 if p["CodeBits"] else p["Columns"] * adders(p["Group"]),
                   p["Columns"] * cnt(p["Group"])],
        table("Columns Group AccBits CodeBits", (16, 8, 8, 0), (16, 1, 6, 0), (16, 16, 10, 0), (16, 27, 8, 0), (16, 64, 12, 0),
              (64, 8, 8, 0), (16, 8, 9, 4))),
    "cim_active_counter": (
        ["instance", "word line", "adder of the popcount", "bit of the sum"],
        lambda p: [1, p["Taps"], adders(p["Taps"]), p["ActiveBits"]],
        table("Taps ActiveBits", (8, 10), (32, 10), (100, 12), (27, 12), (4, 6))),
    "cim_lane_sum": (
        ["word", "bit added", "bit of a sum"], lane_sum,
        table("RowTiles Slices Cols AccBits ActiveBits Lanes Words SumBits", (1, 1, 32, 8, 10, 4, 8, 11),
              (4, 1, 32, 8, 10, 4, 8, 11), (1, 1, 64, 6, 8, 1, 64, 9), (3, 1, 30, 5, 7, 15, 2, 8), (2, 2, 24, 6, 8, 6, 4, 11),
              (9, 1, 16, 5, 9, 16, 1, 10), (1, 1, 128, 8, 8, 16, 8, 9), (1, 1, 63, 6, 8, 7, 9, 9), (1, 1, 30, 6, 8, 3, 10, 9), (1, 1, 60, 6, 8, 6, 10, 9),
              (1, 1, 48, 8, 8, 12, 4, 10))),
    "cim_post_ctrl": (
        ["instance", "word counter bit", "bit of other counters", "address product"],
        lambda p: [1, idx(p["Words"]), (8 if p["ReplaySums"] else 0) + (idx(p["MaskWindows"]) if p["MaskWindows"] > 1 else 0),
                   idx(p["Banks"]) * idx(p["Words"]) if p["Banks"] > 1 else 0],
        table("Words Banks ReplaySums MaskWindows", (8, 1, 0, 1), (64, 1, 0, 1), (10, 1, 1, 1), (8, 1, 0, 100), (10, 4, 0, 1),
              (32, 8, 0, 1))),
    "cim_scale_mem": (["instance", "address bit"], lambda p: [1, idx(p["Depth"])], table("Depth Width", (16, 8), (250, 8))),
    "cim_post_lanes": (
        ["instance", "output bit"], lambda p: [1, p["Lanes"] * ((p["OutBits"] if p["Last"] else 1) + p["Polarity"])],
        table("Form Last Lanes OutBits Polarity", (0, 0, 16, 8, 0), (1, 1, 1, 16, 0), (0, 0, 4, 8, 1))),
    "cim_lane_threshold": (
        ["bit compared", "bit and stage of the carries"],
        lambda p: [(bits := max(p["SumBits"], p["ThetaBits"])), bits * idx(bits)],
        table("SumBits ThetaBits", (6, 6), (8, 8), (10, 9), (12, 12), (14, 13), (20, 18))),
    "cim_lane_multiply": (
        ["instance", "bit product", "bit of the factors", "offset bit"],
        lambda p: [1, p["SumBits"] * p["ScaleBits"], p["SumBits"] + p["ScaleBits"], p["OffsetBits"]],
        table("SumBits ScaleBits OffsetBits OutBits", (8, 6, 10, 14), (12, 8, 18, 20), (6, 4, 8, 10), (12, 10, 20, 22),
              (10, 2, 1, 12))),
    "cim_lane_noisy": (
        ["instance", "bit product", "bit product of sigma", "output bit"], noisy,
        table("SumBits ScaleBits SigmaBits OffsetBits EpsBits OutBits", (8, 8, 6, 14, 5, 18), (6, 6, 4, 10, 3, 14),
              (12, 8, 6, 18, 4, 24))),
    "cim_lane_noise": (["lane", "noise bit"], lambda p: [p["Lanes"], p["Lanes"] * p["NoiseBits"]],
                       table("Lanes NoiseBits", (4, 8), (8, 4), (2, 16))),
    "cim_max_pool": (
        ["instance", "bit of a pixel", "lane", "counter bit"],
        lambda p: [1, p["Words"] * p["Lanes"], p["Lanes"],
                   idx(p["Height"]) + idx(p["Width"]) + 2 * idx(p["Pool"]) + 2 * idx(p["Words"])],
        table("Lanes Words Height Width Pool", (4, 2, 8, 8, 2), (16, 4, 24, 24, 2), (1, 32, 6, 6, 2), (8, 8, 9, 9, 3))),
    "cim_avg_pool": (
        ["instance", "bit of a pixel's totals", "bit of the lanes' totals", "of those from memory"],
        lambda p: [1, p["Words"] * p["Lanes"] * p["TotalBits"], p["Lanes"] * p["TotalBits"],
                   p["Lanes"] * p["TotalBits"] if p["Width"] > p["Pool"] else 0],
        table("Lanes Words Width Pool SumBits TotalBits", (4, 2, 4, 2, 8, 10), (2, 8, 2, 2, 6, 8), (8, 2, 12, 3, 8, 12))),
    "cim_cross_norm": (
        ["instance", "bit of the lanes", "bit of a sum", "bit product"],
        lambda p: [1, p["Lanes"] * p["DataBits"], p["DataBits"] + cnt(p["Outputs"]),
                   p["Lanes"] * p["DataBits"] * cnt(p["Outputs"])],
        table("Lanes Words Outputs DataBits", (4, 4, 15, 10), (2, 8, 16, 14), (8, 5, 37, 12), (1, 9, 9, 8))),
    "cim_skip_buffer": (
        ["instance", "counter and address bit", "bit of a pixel", "replay"],
        lambda p: [1, 2 * idx(p["Depth"]) + cnt(p["Depth"]) + idx(p["Pixels"]), p["Bits"], p["Replay"]],
        table("Bits Lanes Words Pixels Depth Replay", (16, 4, 4, 64, 20, 0), (64, 8, 8, 196, 40, 0), (9, 9, 1, 16, 32, 1))),
    "cim_lane_skip": (["bit moved"], lambda p: [p["Lanes"] * p["ConstBits"]],
                      table("Lanes EntryBits ConstLow ConstBits SkipBits", (4, 7, 0, 6, 4), (8, 18, 8, 10, 9))),
    "cim_stream_fork": (["consumer"], lambda p: [p["Consumers"]], table("Consumers", (2,), (3,))),
    "cim_mask_supply": (
        ["instance", "mask bit", "round"], lambda p: [1, p["Bits"], -(-p["Bits"] // p["Modules"])],
        table("Bits Modules", (16, 16), (48, 2), (30, 1), (1, 1))),
    "cim_arbiter_onehot": (["instance", "choice"], lambda p: [1, p["Choices"]], table("Choices", (3,), (5,), (8,))),
    "cim_stochastic_bank": (
        ["instance", "unit", "register bit of the units"],
        lambda p: [1, p["Modules"], p["Modules"] * (p["DriveBits"] + p["CalLog2"] + 2)],
        table("Modules DriveBits CalLog2 HealthLog2 Calibrate", (1, 4, 8, 10, 1), (6, 4, 8, 10, 1), (10, 6, 10, 0, 1),
              (4, 2, 8, 0, 0))),
    "cim_dropout_module": (["instance", "drive bit"], lambda p: [1, p["DriveBits"]],
                           table("DriveBits ResidualBits", (4, 10), (6, 10), (2, 10))),
    "cim_mtj_sequencer": (["instance"], lambda p: [1], table("SetCycles ReadCycles ResetCycles Whiten", (2, 1, 2, 0), (3, 2, 2, 0))),
    "cim_unit_monitor": (["instance", "unit", "window bit"], lambda p: [1, p["Units"], p["WindowLog2"]],
                         table("Units WindowLog2", (1, 10), (16, 10), (4, 6))),
    "cim_unit_calibrator": (
        ["instance", "unit", "drive bit of the units", "residual bit"],
        lambda p: [1, p["Units"], p["Units"] * p["DriveBits"], p["WindowLog2"] + 2],
        table("Units DriveBits WindowLog2", (1, 4, 8), (8, 4, 8), (16, 6, 10), (5, 2, 8))),
    "cim_mask_fanout": (["instance", "ring bit", "consumer"], lambda p: [1, p["Depth"], p["Consumers"]],
                        table("Consumers Depth", (2, 4), (3, 24), (4, 12))),
    "cim_regs": (["instance", "supply", "bit of the layers' reads"], lambda p: [1, p["Banks"], p["Layers"] * p["RowBits"]],
                 table("Banks SampleBits Layers RowBits", (1, 1, 2, 4), (3, 4, 5, 8), (4, 4, 9, 6))),
    "cim_head_collect": (["instance", "bit of the logits"], lambda p: [1, p["Classes"] * p["LogitBits"]],
                         table("Classes LogitBits", (3, 12), (10, 12), (6, 18))),
    "cim_head_exp": (["instance", "bit of the exponentials", "logit bit"],
                     lambda p: [1, p["Classes"] * (13 + p["LogitBits"]), p["LogitBits"]],
                     table("Classes LogitBits ExpMul ExpShift", (3, 12, 23637, 14), (10, 12, 23637, 14), (6, 18, 23637, 14))),
    "cim_head_recip": (["instance"], lambda p: [1], table("SumBits", (17,))),
    "cim_head_stats": (
        ["instance", "bit of the statistics", "bit of the exponentials", "bit of a class's statistics"],
        lambda p: [1, p["Classes"] * held(p), p["Classes"] * (13 + p["LogitBits"]), held(p)],
        table("Classes LogitBits MaxPasses Smallest EnMoment2 EnVotes EnLogits", (3, 12, 32, 0, 0, 0, 0), (3, 12, 32, 2, 1, 1, 1),
              (10, 12, 32, 2, 1, 1, 1), (6, 16, 32, 1, 0, 1, 1))),
    "cim_head_insert": (["slot"], lambda p: [p["Slots"]], table("Slots Width", (1, 12), (2, 12), (4, 12))),
    "cim_head_result": (
        ["instance", "pass of the 1/T table", "variance", "entropy"],
        lambda p: [1, p["MaxPasses"], p["EnMoment2"], p["EnEntropy"]],
        table("Classes MaxPasses Smallest EnMoment2 EnEntropy", (10, 32, 2, 1, 1), (10, 12, 1, 0, 0), (6, 100, 2, 1, 0))),
}
HEAD_TABLES = {"ExpFile": "head_exp", "RecipFile": "head_recip", "PlogpFile": "head_plogp"}
MACROS = ["cim_array", "cim_array_adc", "cim_sram_1rw", "cim_mtj_bit"]
DISSOLVED = "*cim_fa* *cim_popcount* *cim_rom*"  # synth/flow.cpp


def sources(module, found):
    """Files that `module` needs, those it instantiates first."""
    name = f"synth/blackbox/{module}.sv" if module in MACROS else f"rtl/{module}.sv"
    text = (ROOT / name).read_text()
    for used in re.findall(r"^\s*(cim_\w+)\s*(?:#\(|u_)", text, re.M):
        if used != module and used not in found and (ROOT / "rtl" / f"{used}.sv").exists() or used in MACROS:
            sources(used, found)
    found.setdefault(module, name)
    return found


def schedule(p):
    """Image of a schedule ROM: {last, first, shift, plane, group} (rtl/README.md, cim_tile_ctrl)."""
    planes = 2 ** p["PlaneBits"] if p["PlaneBits"] > 1 else 1
    groups, lines = p["Steps"] // planes, []
    for step in range(p["Steps"]):
        plane, group = planes - 1 - step // groups, step % groups
        flags = (step == p["Steps"] - 1) << 2 | (step == 0) << 1 | (step > 0 and group == 0)
        lines.append(f"{(flags << p['PlaneBits'] | plane) << p['GroupBits'] | group:x}")
    return "\n".join(lines) + "\n"


def table_of(work, name):
    """Words of a table of the design's cim_rom.sv, as an image."""
    branch = re.search(rf'InitFile == "{name}"\) begin.*?endcase', (work / "rtl/cim_rom.sv").read_text(), re.S)
    return "".join(word + "\n" for word in re.findall(r"data_o = \d+'h([0-9a-f]+);", branch.group()))


def area_of(work, cells, module, point):
    """Gate equivalents of the module's own cells at this point."""
    files = [str(work / "synth/cim_fa.sv") if name.endswith("/cim_fa.sv") else str(ROOT / name)
             for name in sources(module, {}).values()]
    text = (ROOT / f"rtl/{module}.sv").read_text()
    with tempfile.TemporaryDirectory() as folder:
        parameters = [f"-set {name} {value}" for name, value in point.items()]
        if module == "cim_tile_ctrl":
            (pathlib.Path(folder) / "schedule.memh").write_text(schedule(point))
            parameters.append(f'-set ScheduleFile "{folder}/schedule.memh"')
        if module == "cim_head_result":  # 1/T, as long as the point wants it
            inverses = [0] + [round(65536 / t) for t in range(1, point["MaxPasses"] + 1)]
            (pathlib.Path(folder) / "inv_t.memh").write_text("".join(f"{value:x}\n" for value in inverses))
            parameters.append(f'-set InvTFile "{folder}/inv_t.memh"')
        for name, label in HEAD_TABLES.items():
            if re.search(rf"parameter\s+{name}\b", text):
                (pathlib.Path(folder) / f"{label}.memh").write_text(table_of(work, label))
                parameters.append(f'-set {name} "{folder}/{label}.memh"')
        script = "\n".join(
            [f"read_liberty -lib {work}/synth/cells.lib"] + [f"read_verilog -sv -I {ROOT}/rtl {file}" for file in files] +
            [f"chparam {' '.join(parameters)} {module}", f"hierarchy -check -top {module}", "setattr -mod -set keep_hierarchy 1 *",
             f"setattr -mod -unset keep_hierarchy {DISSOLVED}", "rename -top top_module",
             "synth -flatten -noabc -top top_module -run begin:fine", f"techmap -map {work}/synth/word_select.v", "bmuxmap", "opt_clean",
             "synth -noabc -top top_module -run fine:check", f"techmap -map {work}/synth/full_adder.v", "techmap", "opt -fast",
             f"dfflibmap -liberty {work}/synth/cells.lib", "simplemap", f"abc -liberty {work}/synth/cells.lib", "opt_clean",
             "setundef -zero", f"tee -q -o {folder}/stat.txt stat top_module"])
        (pathlib.Path(folder) / "run.ys").write_text(script + "\n")
        run = subprocess.run(["yosys", "-q", "-s", f"{folder}/run.ys"], capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"{module} {point}: {run.stdout}{run.stderr}")
        stat = (pathlib.Path(folder) / "stat.txt").read_text()
    stat = stat.split("=== design hierarchy")[0]
    return sum(cells[cell] * int(count) for cell, count in re.findall(r"^\s+(\w+)\s+(\d+)$", stat, re.M) if cell in cells)


def solve(rows, wanted):
    """Least squares by the normal equations; None where they are singular."""
    n = len(rows[0])
    a = [[sum(r[i] * r[j] for r in rows) for j in range(n)] + [sum(r[i] * w for r, w in zip(rows, wanted))] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(a[k][i]))
        if abs(a[pivot][i]) < 1e-9 * max(1e-30, max(abs(x) for x in a[pivot])):
            return None
        a[i], a[pivot] = a[pivot], a[i]
        for k in range(n):
            if k != i:
                factor = a[k][i] / a[i][i]
                a[k] = [x - factor * y for x, y in zip(a[k], a[i])]
    return [a[i][n] / a[i][i] for i in range(n)]


def fit(amounts, areas):
    """Coefficients of at least 0; of all sets of terms the best."""
    terms, best, least = len(amounts[0]), None, float("inf")
    for used in itertools.chain.from_iterable(itertools.combinations(range(terms), n) for n in range(1, terms + 1)):
        if len(used) > len(areas):
            continue
        rows = [[row[t] / area for t in used] for row, area in zip(amounts, areas)]
        found = solve(rows, [1.0] * len(areas))
        if found is None or min(found) < 0:
            continue
        error = sum((sum(r * f for r, f in zip(row, found)) - 1) ** 2 for row in rows)
        if error < least * (1 - 1e-9) - 1e-12:
            least, best = error, [found[used.index(t)] if t in used else 0.0 for t in range(terms)]
    return best


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("work", type=pathlib.Path)
    options.add_argument("-j", type=int, default=1)
    options.add_argument("-o", type=pathlib.Path, default=ROOT / "gen/plan/area_table.cpp")
    options.add_argument("--modules", nargs="+", choices=MODULES)
    args = options.parse_args()
    work = args.work.resolve()
    liberty = (work / "synth/cells.lib").read_text()
    cells = {name: float(area) for name, area in re.findall(r"cell\s*\((\w+)\)\s*\{\s*area\s*:\s*([\d.]+)", liberty)}
    cache = work / "area_points.json"
    found = json.loads(cache.read_text()) if cache.exists() else {}
    wanted = [(m, p) for m in (args.modules or MODULES) for p in MODULES[m][2] if f"{m} {p}" not in found]
    with concurrent.futures.ThreadPoolExecutor(args.j) as pool:
        runs = {pool.submit(area_of, work, cells, m, p): (m, p) for m, p in wanted}
        for run in concurrent.futures.as_completed(runs):
            m, p = runs[run]
            found[f"{m} {p}"] = run.result()
            cache.write_text(json.dumps(found, indent=0))
            print(f"{m} {p}: {run.result():.1f}", file=sys.stderr, flush=True)
    version = subprocess.run(["yosys", "-V"], capture_output=True, text=True).stdout.split()[1]
    rows = []
    for module, (names, terms, points) in MODULES.items():
        if any(f"{module} {p}" not in found for p in points):
            continue
        amounts, areas = [terms(p) for p in points], [found[f"{module} {p}"] for p in points]
        gates = fit(amounts, areas)
        worst = max(abs(sum(g * a for g, a in zip(gates, row)) / area - 1) for row, area in zip(amounts, areas))
        quoted = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(f"{g:.3f}" for g in gates)
        rows.append(f'    AreaModule{{"{module}", {{{quoted}}}, {{{values}}}, kFitted}},  // {len(points)} points, worst {100 * worst:.0f} %')
    args.o.write_text(f'''// Written by synth/bench/area_fit.py; do not edit.
// clang-format off
#include "plan/area.hpp"

namespace neuspin::plan {{
namespace {{

constexpr std::string_view kFitted = "fitted: Yosys {version}, library generic, synth/bench/area_fit.py";

constexpr std::array kTable = {{
''' + "\n".join(rows) + '''
};

}  // namespace

std::span<const AreaModule> areaTable() {
  return kTable;
}

}  // namespace neuspin::plan
''')
    print("\n".join(rows))


if __name__ == "__main__":
    main()
