"""Holds the Python client against `oxberry tap` and both against a replay, while a Pi dies and comes back.

    check_tap.py OXBERRY CLIENT

OXBERRY is the command, CLIENT the client. Everything runs on 127.0.0.1.
"""
import contextlib
import csv
import json
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

OXBERRY, CLIENT = sys.argv[1:]
PATIENCE = 120


def endpoints(count):
    """Endpoints of ports that were free just now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return [f"tcp://127.0.0.1:{port}" for port in ports]


class Processes(contextlib.ExitStack):
    """Processes that end with this."""

    def start(self, *arguments, **streams):
        process = subprocess.Popen(arguments, **streams)
        self.callback(process.wait)
        self.callback(process.kill)
        return process


def best_prices(rows):
    """By symbol, each change of the best prices: where, when, and the prices; with the places where something is in doubt."""
    changes, doubts, last = {}, {}, {}
    for row in rows:
        symbol, at = row["symbol"], tuple(int(row[name]) for name in ("channel", "numbering", "seq"))
        if row.get("trust", "live") != "live":
            doubts.setdefault(symbol, []).append(at)
            continue
        best = tuple(row[name] for name in ("bid_px", "bid_sz", "ask_px", "ask_sz"))
        if last.get(symbol, ("",) * 4) != best:
            last[symbol] = best
            changes.setdefault(symbol, []).append((at, row["ts_event_ns"], best))
    return changes, doubts


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def run(folder):
    """Plays a market to two Pis, one of which dies and comes back; the rows of the tap and of the client."""
    data, control, setup, to_tap, to_client = endpoints(5)
    market = folder / "market"
    subprocess.run([OXBERRY, "generate", "--out", market, "--symbols", "20", "--channels", "2", "--messages", "60000"], check=True)
    with Processes() as processes:
        tap = processes.start(OXBERRY, "tap", "--controller", setup, "--stock", to_tap, "--out", folder / "tap.csv")
        with open(folder / "client.csv", "w") as out:
            client = processes.start(sys.executable, CLIENT, "--controller", setup, "--stock", to_client, stdout=out)

        def pi(name):
            at = ("--data", data, "--control", control, "--stock", to_tap, "--stock", to_client)
            return processes.start(OXBERRY, "node", "pi", "--name", name, "--orders", "50000", "--levels", "50000", *at)

        pis = [pi("pi-1"), pi("pi-2")]
        controller = processes.start(
            OXBERRY, "node", "controller", market, "--pis", "2", "--speed", "60", "--await-visual", "--json-notices",
            "--data", data, "--control", control, "--setup", setup, stdout=subprocess.PIPE, text=True,
        )
        is_back = False
        for line in controller.stdout:
            notice = json.loads(line)
            is_back |= "joined while the feed runs" in notice.get("text", "")
            if notice["notice"] == "started":
                pis[1].kill()
                pis[1] = pi("pi-2")
        assert is_back, "the Pi did not come back while the feed ran"
        assert controller.wait(PATIENCE) == 0, "the replicas differ"
        assert tap.wait(PATIENCE) in (0, 3), "the tap failed"
        assert client.wait(PATIENCE) == 0, "the client failed"
    replay = subprocess.run([OXBERRY, "replay", market, "--what", "bbo"], check=True, capture_output=True, text=True)
    return read(folder / "tap.csv"), read(folder / "client.csv"), list(csv.DictReader(replay.stdout.splitlines()))


def main():
    with tempfile.TemporaryDirectory() as folder:
        tap, client, replay = (best_prices(rows) for rows in run(Path(folder)))
    (tap, doubts), (client, _), (replay, _) = tap, client, replay
    assert client.keys() == tap.keys() == replay.keys(), "not the same symbols"
    rows = 0
    for symbol, expected in replay.items():
        told = client[symbol]
        assert told == [change for change in expected if change in set(told)], f"{symbol}: the client made something up"
        lacking = [at for at, *_ in expected if at not in {at for at, *_ in told}]
        assert all(any(at <= doubt for doubt in doubts.get(symbol, ())) for at in lacking), f"{symbol}: the client lacks {lacking[:3]}"
        if symbol not in doubts:
            assert told == tap[symbol], f"{symbol}: client and tap differ"
        rows += len(told)
    print(f"client and tap: {rows} changes of best prices of {len(replay)} symbols are those of the replay, "
          f"{len(replay) - len(doubts)} symbols without any doubt")


if __name__ == "__main__":
    main()
