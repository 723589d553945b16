"""Imports days that others wrote or can read, and compares the books that a replay makes of them.

    check_imports.py OXBERRY DATA

`itchfeed` writes the real order flow of DATA/flow/pillar in ITCH 5.0; the replay of its import must show the depth that was published with that flow, after every message. `databento` reads the files of DATA/dbn, and books made of its records must equal those of the replay.
"""

import csv
import pathlib
import struct
import subprocess
import sys
import tempfile

import zstandard
from itch.messages import create_message

DEPTH = 10
#: Nanoseconds since 1970 UTC at midnight in New York, on the day of the flow.
MIDNIGHT = 1_340_251_200 * 10**9
DATE = "2012-06-21"
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
            self.orders[order] = [side, price, shares]
            common = dict(order_reference_number=order, buy_sell_indicator=side, shares=shares, stock=stock, price=price)
            if order % 3 == 0:
                self.write(b"F", locate, **common, attribution=b"GSCO")
            else:
                self.write(b"A", locate, **common)
        elif kind == 101:
            order, price, shares = struct.unpack_from("<QII", message, 16)
            known = self.orders[order]
            assert price == known[1] and shares < known[2], "the flow changes orders in other ways"
            self.write(b"X", locate, order_reference_number=order, cancelled_shares=known[2] - shares)
            known[2] = shares
        elif kind == 102:
            order = struct.unpack_from("<Q", message, 16)[0]
            del self.orders[order]
            self.write(b"D", locate, order_reference_number=order)
        elif kind == 103:
            order, _trade, price, shares = struct.unpack_from("<QIII", message, 16)
            known = self.orders[order]
            common = dict(order_reference_number=order, executed_shares=shares, match_number=self.matches)
            if price == known[1]:
                self.write(b"E", locate, **common)
            else:
                self.write(b"C", locate, **common, printable=b"Y", execution_price=price)
            known[2] -= shares
            if known[2] == 0:
                del self.orders[order]
        elif kind == 104:
            order, new, price, shares = struct.unpack_from("<QQII", message, 16)
            side = self.orders.pop(order)[0]
            self.orders[new] = [side, price, shares]
            self.write(b"U", locate, order_reference_number=order, new_order_reference_number=new,
                       shares=shares, price=price)
        else:
            _trade, price, shares = struct.unpack_from("<III", message, 16)
            self.write(b"P", locate, order_reference_number=0, buy_sell_indicator=b"B", shares=shares,
                       stock=stock, price=price, match_number=self.matches)


def write_itch(flow, path):
    writer = ItchWriter(path)
    writer.event(b"O")
    for locate, stock in LOCATES.values():
        writer.directory(locate, stock)
    writer.event(b"Q")
    # Both channels, one behind the other, would go back in time: GOOG has all of the day.
    streams = [list(timed(packets_of(flow / f"20120621-ARCA_XDP_IBF_{channel}.dat"))) for channel in (1, 2)]
    for _time, second, kind, message in sorted(streams[0] + streams[1], key=lambda it: it[0]):
        writer.second = second
        if kind != 2:
            writer.take(kind, message)
    writer.event(b"M")
    writer.event(b"C")
    writer.file.close()
    return writer.numbers


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


def check_flow(program, flow, folder):
    path = folder / "20120621.itch"
    numbers = write_itch(flow, path)
    for more in ([], ["--channels", "2"]):
        out = folder / f"day{len(more)}"
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
            print(f"{symbol} by ITCH: {compared} rows of depth, all as published", flush=True)


def main():
    program, data = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        check_flow(program, data / "flow" / "pillar", pathlib.Path(folder))


if __name__ == "__main__":
    main()
