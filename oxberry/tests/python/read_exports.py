"""Opens what `oxberry replay` exports as others do, and compares every value with the CSV of the same table.

    read_exports.py OXBERRY DIRECTORY [OPTION]…

The options, such as --until, go to every replay that they can go to. Needs databento, polars and pyarrow. The CSV itself is what the tests in Rust compare with the messages.
"""

import csv
import io
import pathlib
import subprocess
import sys
import tempfile
from decimal import Decimal

import databento
import polars
import pyarrow.ipc
import pyarrow.parquet

UNDEFINED = 2**63 - 1
UNDEFINED_TIME = 2**64 - 1
BILLION = 10**9
TRUST_BITS = {"live": 0, "recovering": 4, "stale": 4, "partial": 6}

TABLES = [
    ["--depth", "10", "--trust"],
    ["--what", "depth", "--depth", "3"],
    ["--what", "bbo"],
    ["--what", "bbo", "--every", "30s"],
    ["--what", "trades"],
    ["--what", "orders"],
    ["--at", "10:00", "--depth", "5"],
]


def replay(program, directory, *options):
    # Exit code 3 says that some book is not live, which the rows tell as well.
    command = [program, "replay", directory, *options]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}: {done.stderr.decode()}")
    return done.stdout.decode()


def rows_of_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def as_text(name, value):
    """A value of Arrow, Parquet or polars as the CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return value.normalize()
    return str(value)


def expected_text(kind, value):
    return Decimal(value).normalize() if isinstance(kind, pyarrow.Decimal128Type) and value else value


def compare_columns(what, table, rows):
    assert table.num_rows == len(rows), f"{what}: {table.num_rows} rows, not {len(rows)}"
    assert table.column_names == list(rows[0]), f"{what}: {table.column_names}"
    for name in table.column_names:
        column = table.column(name)
        kind = column.type
        if isinstance(kind, pyarrow.TimestampType):
            assert (kind.unit, kind.tz) == ("ns", "UTC"), f"{what}: {name} is {kind}"
            column = column.cast(pyarrow.int64())
        found = [as_text(name, value) for value in column.to_pylist()]
        expected = [expected_text(kind, row[name]) for row in rows]
        assert found == expected, f"{what}: {name} differs: {first_difference(found, expected)}"


def first_difference(found, expected):
    return next((pair for pair in zip(found, expected) if pair[0] != pair[1]), None)


def price(text):
    return int(Decimal(text) * BILLION) if text else UNDEFINED


def side(word):
    return {"bid": "B", "buy": "B", "ask": "A", "sell": "A", "": "N"}[word]


def number(text):
    return int(text) if text else 0


def records_of(row):
    """What the records of a row must be, as tuples."""
    flags = 128 | TRUST_BITS[row["trust"]]
    event = int(row["ts_event_ns"]) if row["ts_event_ns"] else UNDEFINED_TIME
    if "action" in row:
        flags = int(row["flags"])
        base = [event, row["action"], side(row["side"]), price(row["order_px"]), number(row["order_sz"])]
        own = int(row["order_id"] or 0)
        if row["action"] == "fill":
            trade = price(row["trade_px"])
            return [
                (event, "F", base[2], trade, base[4], own, flags & ~128),
                (event, "C", base[2], base[3], base[4], own, flags),
            ]
        if row["action"] == "replace":
            old = (price(row["old_order_px"]), number(row["old_order_sz"]), int(row["old_order_id"]))
            return [
                (event, "C", base[2], *old, flags & ~128),
                (event, "A", base[2], base[3], base[4], own, flags),
            ]
        letter = {"add": "A", "modify": "M", "cancel": "C", "clear": "R"}[row["action"]]
        return [(event, letter, *base[2:], own, flags)]
    if "trade_px" in row:
        return [(event, "T", side(row["aggressor"]), price(row["trade_px"]), int(row["trade_sz"]), flags)]
    suffixes = [""] if "bid_px" in row else [f"_{level}" for level in range(1, 11)]
    levels = []
    for suffix in suffixes:
        for name in ("bid", "ask"):
            size = number(row.get(f"{name}_sz{suffix}", ""))
            levels.append((price(row[f"{name}_px{suffix}"]) if size else UNDEFINED, size))
    return [(event, tuple(levels), flags)]


def origin_of(row):
    """When the row was sent or sampled, its number, and of orders its channel, as far as columns tell them."""
    received = row.get("ts_sample_ns", row.get("ts_send_ns"))
    channel = row["channel"] if "action" in row else None
    return tuple(None if text is None else int(text) for text in (received, row.get("seq"), channel))


def origin_in(record, columns):
    """The same of a record."""
    has_time = "ts_sample_ns" in columns or "ts_send_ns" in columns
    return (
        record.ts_recv if has_time else None,
        record.sequence if "seq" in columns else None,
        record.channel_id if isinstance(record, databento.MBOMsg) else None,
    )


def records_in(path, rows):
    """The records of a file, as tuples of the same form."""
    store = databento.DBNStore.from_file(path)
    assert store.metadata.dataset == "ARCX.PILLAR"
    symbols = {
        int(interval["symbol"]): name
        for name, intervals in store.metadata.mappings.items()
        for interval in map(as_mapping, intervals)
    }
    for record in store:
        name = (symbols[record.instrument_id], origin_in(record, rows[0]))
        flags = int(record.flags)
        letter = str(record.action)
        common = (record.ts_event, letter[:1], str(record.side)[:1])
        if isinstance(record, databento.MBOMsg):
            yield name, (*common, record.price, record.size, record.order_id, flags)
        elif isinstance(record, databento.TradeMsg):
            yield name, (*common, record.price, record.size, flags)
        else:
            levels = []
            for level in record.levels:
                levels.append((level.bid_px, level.bid_sz))
                levels.append((level.ask_px, level.ask_sz))
            yield name, (record.ts_event, tuple(levels), flags)


def as_mapping(interval):
    return interval if isinstance(interval, dict) else {"symbol": interval.symbol}


def compare_dbn(what, path, rows):
    expected = [((row["symbol"], origin_of(row)), record) for row in rows for record in records_of(row)]
    found = list(records_in(path, rows))
    assert found == expected, f"{what}: {first_difference(found, expected)}"


def check(program, directory, options, folder):
    what = " ".join(options) or "depth"
    for prices in ("raw", "decimal"):
        rows = rows_of_csv(replay(program, directory, *options, "--prices", prices))
        assert rows, f"{what}: no rows"
        for form in ("parquet", "arrow"):
            path = folder / f"rows.{form}"
            replay(program, directory, *options, "--prices", prices, "--format", form, "--out", path)
            name = f"{form} {what} {prices}"
            if form == "parquet":
                compare_columns(f"pyarrow: {name}", pyarrow.parquet.read_table(path), rows)
                frame = polars.read_parquet(path)
            else:
                compare_columns(f"pyarrow: {name}", pyarrow.ipc.open_file(path).read_all(), rows)
                frame = polars.read_ipc(path)
            compare_columns(f"polars: {name}", plain(frame.to_arrow()), rows)
    path = folder / "rows.dbn"
    replay(program, directory, *options, "--format", "dbn", "--out", path)
    compare_dbn(f"databento: {what}", path, rows)
    print(f"{what}: {len(rows)} rows, the same in every format", flush=True)


def plain(table):
    """Without the wide strings that polars makes."""
    fields = [
        pyarrow.field(field.name, pyarrow.string() if pyarrow.types.is_large_string(field.type)
                      or pyarrow.types.is_string_view(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pyarrow.schema(fields))


def main():
    program, directory, *more = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for options in TABLES:
            period = [] if "--at" in options else more
            check(program, directory, options + period, pathlib.Path(folder))


if __name__ == "__main__":
    main()
