#!/usr/bin/env python3
"""Follows the best bids and offers of an OxBerry cluster, as CSV.

    python3 oxberry_bbo.py --stock tcp://127.0.0.1:5566 [--controller tcp://127.0.0.1:5563]

Needs pyzmq and nothing else. The nodes push to --stock, so each has to name it among its own (oxberry-pi --stock).
Of the two nodes that hold a symbol it takes each event once, from whoever tells it first and calls the book live.
docs/cluster-protocol.md says what the messages mean, proto-schema/src what they are made of.

It is a start, and leaves out what the page and `oxberry tap` do besides: it does not see that the last messages of a node were
lost or that a node is silent, it says nothing where it takes up a state, and it follows one run.
"""
import argparse
import itertools
import time

import zmq

# Of the release that this client belongs to: a test holds them against the programs.
VERSION, SCHEMA = 2, 0xA94163DE49A678B6
SETUP_REQUEST, SETUP, STOCK_BATCH, END, BEAT = 6, 7, 32, 33, 34  # kinds of messages
LIVE = 0  # of the trusts live, recovering, partial, stale
DEAD_AFTER = 5.0  # seconds without a word of a node


class Reader:
    """postcard: numbers in groups of seven bits, low ones first."""

    def __init__(self, message):
        self.at, self.bytes = 2, message
        if message[0] != VERSION:
            raise ValueError(f"messages of version {message[0]}, not {VERSION}: take the client of the cluster's release")

    def byte(self):
        self.at += 1
        return self.bytes[self.at - 1]

    def number(self):
        value = 0
        for shift in itertools.count(0, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value

    def numbers(self, count):
        return [self.number() for _ in range(count)]

    def option(self, read):
        return read() if self.byte() else None

    def text(self):
        length = self.number()
        self.at += length
        return self.bytes[self.at - length:self.at].decode()

    def quote(self):
        price, qty, _orders = self.numbers(3)
        return price, qty


def way(code):
    return (code >> 1) ^ -(code & 1)  # zigzag


class Market:
    """The newest event of each symbol, out of what all nodes tell."""

    def __init__(self, names):
        self.names = names
        self.shown = {}  # symbol: the position of its last event, and its best prices
        self.through = {}  # (node, channel, partition): up to where it has told
        self.trust = {}  # (node, symbol): how far the node trusts its book; live unless it says otherwise
        self.told = {}  # (node, partition): words about trust and state that were heard
        self.telling = {}  # (node, partition): symbols of its state that were heard, while it tells that
        self.missed = set()  # (node, partition) of which something was missed, until it has told its state

    def miss(self, replica):
        self.missed.add(replica)
        self.telling.pop(replica, None)

    def batch(self, read):
        _run, node = read.numbers(2), read.number()
        channel, partition, numbering, after, through = read.byte(), *read.numbers(4)
        begins = read.option(lambda: tuple(read.numbers(2)))
        told, is_pending, records, _sent = read.number(), read.byte(), *read.numbers(2)
        replica, stream = (node, partition), (node, channel, partition)
        position = self.through.get(stream, (0, 0))
        if position < (begins or (numbering, after)) or self.told.get(replica, 0) != told:
            self.miss(replica)
        self.through[stream] = max(position, (numbering, through))
        number, clock = after, numbering
        for _ in range(records):
            kind = read.number()
            if kind > 7:
                self.word(kind, node, replica, read)
                told += 1
                continue
            ahead, symbol, code, scale = *read.numbers(3), read.byte()
            number, clock = number + ahead, clock + way(code - 1) if code else clock
            bid = read.quote() if kind < 4 else None
            ask = read.quote() if kind in (0, 1, 4, 5) else None
            _trade = read.numbers(2) if kind % 2 else None
            if self.trust.get((node, symbol), LIVE) == LIVE and replica not in self.missed and not is_pending:
                self.event(symbol, (channel, numbering, number), clock if code else "", scale, bid, ask)
        self.told[replica] = told

    def word(self, kind, node, replica, read):
        """A word about trust (8), the state of a symbol because somebody asked (9) or it was told again (10), or
        the end of such a state (11)."""
        if kind == 11:
            if self.telling.pop(replica, -1) >= read.number():
                self.missed.discard(replica)
            return
        symbol, trust, _status = read.numbers(3)
        self.trust[node, symbol] = trust
        if kind > 8:
            read.option(lambda: (read.byte(), read.numbers(2)))
            read.byte(), read.option(read.quote), read.option(read.quote), read.option(read.number)
        if kind == 9:
            self.telling[replica] = self.telling.get(replica, 0) + 1

    def event(self, symbol, at, time_ns, scale, bid, ask):
        before, best = self.shown.get(symbol, ((), (None, None)))
        if at <= before:
            return  # its twin was faster
        self.shown[symbol] = at, (bid, ask)
        if (bid, ask) != best:
            name = self.names.get(symbol, f"#{symbol}")
            print(name, *at, time_ns, scale, *(bid or ("", "")), *(ask or ("", "")), sep=",", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--stock", required=True, help="where nodes push to")
    options.add_argument("--controller", default="tcp://127.0.0.1:5563", help="its setup socket")
    options = options.parse_args()
    context = zmq.Context()
    stock, setup = context.socket(zmq.PULL), context.socket(zmq.REQ)
    setup.setsockopt(zmq.REQ_RELAXED, 1), setup.setsockopt(zmq.REQ_CORRELATE, 1)
    stock.bind(options.stock), setup.connect(options.controller)
    poller = zmq.Poller()
    poller.register(stock, zmq.POLLIN), poller.register(setup, zmq.POLLIN)

    def varint(value):
        groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)]
        return bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])

    def ask(tell=()):
        setup.send(bytes([VERSION, SETUP_REQUEST]) + varint(SCHEMA) + bytes([bool(tell)]) + b"".join(map(varint, tell)))

    market, heard, ended, expected, asked, turn = None, {}, set(), 0, -1.0, 0
    print("symbol,channel,numbering,seq,ts_event_ns,scale,bid_px,bid_sz,ask_px,ask_sz", flush=True)
    while True:
        now = time.monotonic()
        if asked + 0.5 < now and (market is None or market.missed):
            # One after another: a node that died answers nothing.
            ask(sorted(market.missed)[turn % len(market.missed)] if market else ())
            asked, turn = now, turn + 1
        ready = dict(poller.poll(250))
        if setup in ready and (answer := setup.recv())[1] == SETUP and market is None:
            read = Reader(answer)
            schema, _run, expected, _partitions, symbols = read.number(), read.numbers(2), *read.numbers(3)
            if schema != SCHEMA:
                raise SystemExit(f"the cluster's messages are {schema:#018x}, this client's {SCHEMA:#018x}")
            market = Market({})
            for _ in range(symbols):
                symbol, name, _partition = read.number(), read.text(), read.number()
                market.names[symbol] = name
        if stock in ready and market:
            message = stock.recv()
            read, kind = Reader(message), message[1]
            if kind == STOCK_BATCH:
                node = Reader(message)
                node.numbers(2), market.batch(read)
                heard[node.number()] = now
            elif kind in (BEAT, END):
                read.numbers(2)
                heard[node := read.number()] = now
                if kind == END:
                    ended.add(node)
        there = {node for node, at in heard.items() if node in ended or now - at < DEAD_AFTER}
        if ended and there <= ended and (len(ended) >= expected or len(heard) > len(there)):
            return


if __name__ == "__main__":
    main()
