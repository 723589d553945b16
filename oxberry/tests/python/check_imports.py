"""Imports days that others wrote or can read, and compares the books that a replay makes of them.

    check_imports.py OXBERRY DATA

`itchfeed` writes the real order flow of DATA/flow/pillar in ITCH 5.0; the replay of its import must show the depth that was published with that flow, after every message. The memory of an import must not grow with the length of a day. The same flow in DBN, written by `databento_dbn`, must show it as well. And what `databento` itself reads of that file and of those of DATA/dbn makes plain books that must equal those of the replay, at the end and at instants between.
"""

import csv
import pathlib
import struct
import subprocess
import sys
import tempfile
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import databento
import databento_dbn
import zstandard
from itch.messages import create_message

DEPTH = 10
#: Nanoseconds since 1970 UTC at midnight in New York, on the day of the flow.
MIDNIGHT = 1_340_251_200 * 10**9
LOCATES = {1753: (1, b"GOOG    "), 2633: (2, b"MSFT    ")}


def run(program, *arguments, codes=(0,)):
    command = [str(part) for part in (program, *arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode(), done.stderr.decode()


def packets_of(path):
    """The messages of a channel file: type and bytes."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        size, _flag, count = struct.unpack_from("<HBB", data, at)
        place = at + 16
        for _ in range(count):
            length, kind = struct.unpack_from("<HH", data, place)
            yield kind, data[place:place + length]
            place += length
        at += size


class ItchWriter:
    """Orders of the feed as messages of ITCH, one for each that changes a book or trades."""

    def __init__(self, path):
        self.file = path.open("wb")
        self.orders = {}
        self.second = 0
        self.time = 0
        self.matches = 0
        #: The numbers within their symbols of the messages that a row of the replay is due for.
        self.numbers = {name: [] for _, name in LOCATES.values()}

    def write(self, kind, locate, **fields):
        message = create_message(kind, stock_locate=locate, tracking_number=0, timestamp=self.time, **fields)
        message = message.to_bytes()
        self.file.write(struct.pack(">H", len(message)) + message)

    def event(self, code):
        self.write(b"S", 0, event_code=code)

    def directory(self, locate, stock):
        self.write(
            b"R", locate, stock=stock, market_category=b"Q", financial_status_indicator=b"N",
            round_lot_size=100, round_lots_only=b"N", issue_classification=b"C", issue_sub_type=b"Z ",
            authenticity=b"P", short_sale_threshold_indicator=b"N", ipo_flag=b"N", luld_ref=b"1",
            etp_flag=b"N", etp_leverage_factor=0, inverse_indicator=b"N",
        )

    def take(self, kind, message):
        if kind == 2:
            self.second = struct.unpack_from("<I", message, 12)[0]
        elif kind in (100, 101, 102, 103, 104, 110):
            nanosecond, symbol, number = struct.unpack_from("<III", message, 4)
            self.time = max(self.time, self.second * 10**9 + nanosecond - MIDNIGHT)
            locate, stock = LOCATES[symbol]
            self.order(kind, message, locate, stock)
            self.numbers[stock].append(number)
        elif kind not in (1, 3, 32, 34):
            sys.exit(f"the flow has a message of type {kind}")

    def order(self, kind, message, locate, stock):
        self.matches += 1
        if kind == 100:
            order, price, shares, side = struct.unpack_from("<QIIc", message, 16)
            self.orders[locate, order] = [side, price, shares]
            common = dict(order_reference_number=order, buy_sell_indicator=side, shares=shares, stock=stock, price=price)
            if order % 3 == 0:
                self.write(b"F", locate, **common, attribution=b"GSCO")
            else:
                self.write(b"A", locate, **common)
        elif kind == 101:
            order, price, shares = struct.unpack_from("<QII", message, 16)
            known = self.orders[locate, order]
            assert price == known[1] and shares < known[2], "the flow changes orders in other ways"
            self.write(b"X", locate, order_reference_number=order, cancelled_shares=known[2] - shares)
            known[2] = shares
        elif kind == 102:
            order = struct.unpack_from("<Q", message, 16)[0]
            del self.orders[locate, order]
            self.write(b"D", locate, order_reference_number=order)
        elif kind == 103:
            order, _trade, price, shares = struct.unpack_from("<QIII", message, 16)
            known = self.orders[locate, order]
            common = dict(order_reference_number=order, executed_shares=shares, match_number=self.matches)
            if price == known[1]:
                self.write(b"E", locate, **common)
            else:
                self.write(b"C", locate, **common, printable=b"Y", execution_price=price)
            known[2] -= shares
            if known[2] == 0:
                del self.orders[locate, order]
        elif kind == 104:
            order, new, price, shares = struct.unpack_from("<QQII", message, 16)
            side = self.orders.pop((locate, order))[0]
            self.orders[locate, new] = [side, price, shares]
            self.write(b"U", locate, order_reference_number=order, new_order_reference_number=new,
                       shares=shares, price=price)
        else:
            _trade, price, shares = struct.unpack_from("<III", message, 16)
            self.write(b"P", locate, order_reference_number=0, buy_sell_indicator=b"B", shares=shares,
                       stock=stock, price=price, match_number=self.matches)


class DbnWriter:
    """Orders of the feed as records of DBN, in the way of venues that tell of each fill what leaves the book."""

    def __init__(self, path):
        self.file = path.open("wb")
        self.orders = {}
        self.second = 0
        self.time = 0
        #: The numbers within their symbols of the messages, each once for every row of the replay.
        self.numbers = {name: [] for _, name in LOCATES.values()}
        mappings = [
            SimpleNamespace(raw_symbol=stock.decode().strip(), intervals=[SimpleNamespace(
                start_date=date(2012, 6, 21), end_date=date(2012, 6, 22), symbol=str(symbol))])
            for symbol, (_, stock) in LOCATES.items()
        ]
        metadata = databento_dbn.Metadata(
            dataset="XNAS.ITCH", start=MIDNIGHT, stype_in=databento_dbn.SType.RAW_SYMBOL,
            stype_out=databento_dbn.SType.INSTRUMENT_ID, schema=databento_dbn.Schema.MBO,
            symbols=[mapping.raw_symbol for mapping in mappings], mappings=mappings,
        )
        self.file.write(bytes(metadata))
        for symbol in LOCATES:
            self.write(symbol, "R", "N", 0, 2**63 - 1, 0, 128)

    def write(self, symbol, action, side, order, price, size, flags):
        time = MIDNIGHT + self.time
        record = databento_dbn.MBOMsg(
            publisher_id=2, instrument_id=symbol, ts_event=time, order_id=order, price=price, size=size,
            action=databento_dbn.Action(action), side=databento_dbn.Side(side), ts_recv=time, flags=flags,
        )
        self.file.write(bytes(record))

    def take(self, kind, message):
        if kind in (1, 3, 32, 34):
            return
        nanosecond, symbol, number = struct.unpack_from("<III", message, 4)
        self.time = max(self.time, self.second * 10**9 + nanosecond - MIDNIGHT)
        rows = self.order(kind, message, symbol)
        self.numbers[LOCATES[symbol][1]].extend([None] * (rows - 1) + [number])

    def order(self, kind, message, symbol):
        """Writes the records of a message, and says how many rows a replay has for it."""
        last = 128
        # Of a delete only the first of these is there.
        order, price, shares = struct.unpack_from("<QII", message.ljust(32, b"\0"), 16)
        if kind == 100:
            side = {b"B": "B", b"S": "A"}[message[32:33]]
            self.orders[symbol, order] = [side, price, shares]
            self.write(symbol, "A", side, order, price * 10**5, shares, last)
            return 1
        if kind == 110:
            _trade, price, shares = struct.unpack_from("<III", message, 16)
            self.write(symbol, "T", "N", 0, price * 10**5, shares, last)
            return 1
        known = self.orders[symbol, order]
        side, own, left = known
        if kind == 101:
            # As some venues tell it, and as others do.
            if order % 2:
                self.write(symbol, "C", side, order, own * 10**5, left - shares, last)
            else:
                self.write(symbol, "M", side, order, own * 10**5, shares, last)
            known[2] = shares
        elif kind == 102:
            del self.orders[symbol, order]
            self.write(symbol, "C", side, order, own * 10**5, left, last)
        elif kind == 103:
            price, shares = struct.unpack_from("<II", message, 28)
            other = {"B": "A", "A": "B"}[side]
            self.write(symbol, "T", other, 0, price * 10**5, shares, 0)
            self.write(symbol, "F", side, order, price * 10**5, shares, 0)
            self.write(symbol, "C", side, order, own * 10**5, shares, last)
            known[2] -= shares
            if known[2] == 0:
                del self.orders[symbol, order]
        else:
            new, price, shares = struct.unpack_from("<QII", message, 24)
            del self.orders[symbol, order]
            self.orders[symbol, new] = [side, price, shares]
            self.write(symbol, "C", side, order, own * 10**5, left, 0)
            self.write(symbol, "A", side, new, price * 10**5, shares, last)
            return 2
        return 1


def write_itch(flow, path):
    writer = ItchWriter(path)
    writer.event(b"O")
    for locate, stock in LOCATES.values():
        writer.directory(locate, stock)
    writer.event(b"Q")
    write_flow(flow, writer)
    writer.event(b"M")
    writer.event(b"C")
    writer.file.close()
    return writer.numbers


def write_dbn(flow, path):
    writer = DbnWriter(path)
    write_flow(flow, writer)
    writer.file.close()
    return writer.numbers


def write_flow(flow, writer):
    # Both channels, one behind the other, would go back in time: GOOG has all of the day.
    streams = [list(timed(packets_of(flow / f"20120621-ARCA_XDP_IBF_{channel}.dat"))) for channel in (1, 2)]
    for _time, second, kind, message in sorted(streams[0] + streams[1], key=lambda it: it[0]):
        writer.second = second
        if kind != 2:
            writer.take(kind, message)


def timed(messages):
    """Messages with the time from which they are in order, and their second."""
    second, time = 0, 0
    for kind, message in messages:
        if kind == 2:
            second = struct.unpack_from("<I", message, 12)[0]
        elif kind >= 100:
            time = max(time, second * 10**9 + struct.unpack_from("<I", message, 4)[0])
        yield time, second, kind, message


def expected_depth(flow, symbol):
    path = flow / "expected" / f"{symbol}.csv.zst"
    text = zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read().decode()
    rows = csv.reader(text.splitlines())
    next(rows)
    return {int(row[0]): row[1:] for row in rows}


def replayed_rows(program, directory, *options, codes=(0,)):
    text, _ = run(program, "replay", directory, "--depth", DEPTH, *options, codes=codes)
    rows = csv.reader(text.splitlines())
    next(rows)
    found = {}
    for symbol, _number, time, *levels in rows:
        found.setdefault(symbol, []).append((time, levels))
    return found


def check_flow(program, flow, folder, write, path):
    numbers = write(flow, path)
    for more in ([], ["--channels", "2"]):
        out = folder / f"{path.name}-{len(more)}"
        run(program, "import", path, "--out", out, *more)
        found = replayed_rows(program, out, "--every-message")
        for stock, due in numbers.items():
            symbol = stock.decode().strip()
            rows, expected = found[symbol], expected_depth(flow, symbol)
            assert len(rows) == len(due), f"{symbol}: {len(rows)} rows, not {len(due)}"
            compared = 0
            for number, (_time, levels) in zip(due, rows):
                if number in expected:
                    compared += 1
                    assert levels == expected[number], f"{symbol}, {number}: {levels}, not {expected[number]}"
            assert compared == len(expected), f"{symbol}: {len(expected)} rows are due, {compared} came"
            print(f"{symbol} of {path.name}: {compared} rows of depth, all as published", flush=True)


class PlainBook:
    """The orders of one instrument, by the rules of the reference."""

    def __init__(self):
        self.orders = {}

    def take(self, record):
        action, order = str(record.action)[:1], record.order_id
        if action == "R":
            self.orders = {}
        elif action in "AM":
            self.orders[order] = [str(record.side)[:1], record.price, record.size]
        elif action == "C" and order in self.orders:
            known = self.orders[order]
            known[2] -= record.size
            if known[2] <= 0:
                del self.orders[order]

    def depth(self):
        """The best levels, as a row of the replay has them."""
        sides = []
        for side, sign in (("B", -1), ("A", 1)):
            levels = {}
            for of, price, size in self.orders.values():
                if of == side:
                    levels[price] = levels.get(price, 0) + size
            best = sorted(levels.items(), key=lambda level: sign * level[0])[:DEPTH]
            sides.append(best + [(0, 0)] * (DEPTH - len(best)))
        return [level for pair in zip(*sides) for level in pair]


#: Nanoseconds within which an import puts records into one packet.
GATHERED = 30_000


def instants_of(records):
    """The end, and some times behind which there is a pause, so that a packet ends there."""
    times = [record.ts_recv for record in records]
    pauses = [at for at in range(len(times) - 1) if times[at + 1] > times[at] + GATHERED]
    step = max(1, len(pauses) // 12)
    return [*pauses[step::step], len(times) - 1]


def check_records(program, path, folder):
    store = databento.DBNStore.from_file(path)
    names = {
        int(interval["symbol"] if isinstance(interval, dict) else interval.symbol): name
        for name, intervals in store.metadata.mappings.items()
        for interval in intervals
    }
    records = [record for record in store if isinstance(record, databento.MBOMsg)]
    out = folder / f"{path.name}-records"
    run(program, "import", path, "--out", out, "--from", "dbn")
    books, at, compared = {}, 0, 0
    for last in instants_of(records):
        for record in records[at:last + 1]:
            books.setdefault(names[record.instrument_id], PlainBook()).take(record)
        at = last + 1
        options = ["--at", records[last].ts_recv, "--depth", DEPTH, "--prices", "decimal"]
        # Exit code 3 says that some book is partial.
        text, _ = run(program, "replay", out, *options, codes=(0, 3))
        rows = {row["symbol"]: row for row in csv.DictReader(text.splitlines())}
        for name, book in books.items():
            assert name in rows or not book.orders, f"{path.name}: no row of {name}"
            if name in rows:
                assert levels_of(rows[name]) == book.depth(), f"{path.name}: {name} at {records[last].ts_recv}"
                compared += 1
    print(f"{path.name}: {len(records)} records, {compared} books as databento's records make them", flush=True)


def levels_of(row):
    found = []
    for level in range(1, DEPTH + 1):
        for side in ("bid", "ask"):
            price, size = row[f"{side}_px_{level}"], row[f"{side}_sz_{level}"]
            found.append((int(Decimal(price or 0) * 10**9), int(size or 0)))
    return found


#: Where a message of ITCH names its order, and the shares that join or leave, by its kind.
REFERENCE, SHARES = 11, {b"A": 20, b"F": 20, b"E": 19, b"C": 19, b"X": 19, b"U": 27}


def write_repeated(path, times, longer):
    """The messages of a file so many times, each time seven hours later and with orders of its own."""
    data, at, messages = path.read_bytes(), 0, []
    while at < len(data):
        length = 2 + struct.unpack_from(">H", data, at)[0]
        messages.append(data[at:at + length])
        at += length
    with longer.open("wb") as file:
        for turn in range(times):
            write_turn(file, messages, turn)


def write_turn(file, messages, turn):
    orders = {}
    for message in messages:
        kind, body = message[2:3], bytearray(message[2:])
        if kind == b"R" and turn > 0 or kind == b"S" and (turn > 0 or body[11:12] in b"MC"):
            continue
        time = int.from_bytes(body[5:11], "big") + turn * 7 * 3600 * 10**9
        body[5:11] = time.to_bytes(6, "big")
        if kind in b"AFECXDU":
            repeat_order(kind, body, turn, orders)
        file.write(message[:2] + body)
    # What rests at the end leaves, so that no turn begins with more than another.
    for locate, order in orders:
        head = b"D" + locate + b"\0\0" + time.to_bytes(6, "big")
        file.write(struct.pack(">H", 19) + head + order)


def repeat_order(kind, body, turn, orders):
    body[REFERENCE] = turn
    locate, order = bytes(body[1:3]), bytes(body[REFERENCE:REFERENCE + 8])
    shares = int.from_bytes(body[SHARES[kind]:SHARES[kind] + 4], "big") if kind in SHARES else 0
    if kind in b"AF":
        orders[locate, order] = shares
    elif kind in b"EXC":
        orders[locate, order] -= shares
        if orders[locate, order] == 0:
            del orders[locate, order]
    else:
        del orders[locate, order]
    if kind == b"U":
        body[REFERENCE + 8] = turn
        orders[locate, bytes(body[REFERENCE + 8:REFERENCE + 16])] = shares


#: Runs a program and prints the KiB that it took at most. A process of its own, since a child counts as its own
#: what its parent had when it began.
MEASURE = """
import os, resource, sys
code = os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def peak_of_import(program, path, out):
    """KiB of memory that an import takes at most."""
    options = ["-I", "-S", "-c", MEASURE, program, "import", path, "--out", out, "--date", "2012-06-21"]
    text, _ = run(sys.executable, *options)
    return int(text)


def check_memory(program, path, folder):
    peaks = {}
    for times in (1, 8):
        longer = folder / f"times-{times}.itch"
        write_repeated(path, times, longer)
        peaks[times] = peak_of_import(program, longer, folder / f"memory-{times}")
        print(f"{times} times {path.name}, {longer.stat().st_size} bytes: {peaks[times]} KiB at most", flush=True)
    assert peaks[8] < peaks[1] * 1.1, f"memory grows with the length of a day: {peaks}"


def main():
    program, data = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        flow = data / "flow" / "pillar"
        check_flow(program, flow, folder, write_itch, folder / "20120621.itch")
        check_memory(program, folder / "20120621.itch", folder)
        check_flow(program, flow, folder, write_dbn, folder / "flow.dbn")
        for path in [folder / "flow.dbn", *sorted((data / "dbn").glob("*.mbo.*dbn*"))]:
            check_records(program, path, folder)


if __name__ == "__main__":
    main()
