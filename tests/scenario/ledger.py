"""An independent reading of a job's directory and of what it printed: bytes to facts, sharing no code with the daemon. The
formats are those that daemon/durable/*.h describe."""

import os
import re
import struct

from harness import Failed, expect

HEAD, TAIL = 192, 4
KIND_LOG = 4
TABLE = []
for _n in range(256):
    for _ in range(8):
        _n = (_n >> 1) ^ (0x82F63B78 if _n & 1 else 0)
    TABLE.append(_n)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


class LocalTree:
    """The files below a folder."""

    def __init__(self, folder):
        self.folder = folder

    def names(self, path=""):
        try:
            return sorted(os.listdir(os.path.join(self.folder, path)))
        except FileNotFoundError:
            return []

    def read(self, path):
        with open(os.path.join(self.folder, path), "rb") as file:
            return file.read()


class WebhdfsTree:
    def __init__(self, client, folder):
        self.client, self.folder = client, folder

    def names(self, path=""):
        return sorted(name for name, _, _ in self.client.entries(f"{self.folder}/{path}".rstrip("/")))

    def read(self, path):
        return self.client.read(f"{self.folder}/{path}")


def content(data, what):
    """The content of a file, its envelope checked."""
    expect(len(data) >= HEAD + TAIL, f"{what}: {len(data)} bytes")
    expect(data[:8] == b"TIDEMARK", f"{what}: magic")
    version, kind, flags = struct.unpack(">HHI", data[8:16])
    length = struct.unpack(">Q", data[48:56])[0]
    expect(version == 1 and flags == 0, f"{what}: version {version}, flags {flags}")
    expect(length == len(data), f"{what}: {len(data)} bytes, its head says {length}")
    expect(struct.unpack(">I", data[188:192])[0] == crc32c(data[:188]), f"{what}: CRC of the head")
    expect(struct.unpack(">I", data[-4:])[0] == crc32c(data[:-4]), f"{what}: CRC of the file")
    return kind, struct.unpack(">Q", data[40:48])[0], data[HEAD:-TAIL]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, layout):
        values = struct.unpack_from(">" + layout, self.data, self.at)
        self.at += struct.calcsize(">" + layout)
        return values if len(values) > 1 else values[0]

    def text(self):
        n = self.take("H")
        self.at += n
        return self.data[self.at - n:self.at].decode("utf-8")


class Log:
    """What the batch log of a job says. memory: what was read of the same log before; a record never changes."""

    def __init__(self, tree, memory=None):
        self.tree, self.memory = tree, {} if memory is None else memory
        owners = [name for name in tree.names() if re.fullmatch(r"e\d+\..+", name)]
        expect(len(owners) == 1, f"the job has {len(owners)} directories: {owners}")
        self.directory = owners[0]
        self.epoch = int(owners[0][1:].partition(".")[0])
        self.batches, self.ranges, self.outputs, self.gaps, self.dead = [], {}, {}, [], 0
        self.start = None
        indices = sorted(int(name) for name in tree.names(f"{self.directory}/log"))
        self.indices = indices
        if indices:
            expect(indices == list(range(indices[0], indices[0] + len(indices))), f"log/ has a hole: {indices}")
        for index in indices:
            self.record(index)

    def record(self, index):
        data = self.memory.get(index)
        if data is None:
            kind, inside, data = content(self.tree.read(f"{self.directory}/log/{index}"), f"log/{index}")
            expect(kind == KIND_LOG and inside == index, f"log/{index}: kind {kind}, index {inside}")
            self.memory[index] = data
        cursor = Cursor(data)
        cursor.take("Q")
        for _ in range(cursor.take("I")):
            kind, length = cursor.take("HI")
            self.entry(kind, Cursor(data[cursor.at:cursor.at + length]))
            cursor.at += length
        expect(cursor.at == len(data), f"log/{index}: {len(data) - cursor.at} bytes behind its entries")

    def entry(self, kind, body):
        if kind == 1:
            expect(self.start is None, "the job began twice")
            self.start = body.take("qQQ")
        elif kind == 3:
            self.gaps.append((body.text(), body.text(), *body.take("iqq")))
        elif kind == 4:
            number, time_ms, records, errors = body.take("QqQQ")
            if self.batches:
                last = self.batches[-1]
                expect(number == last[0] + 1, f"batch {number} follows batch {last[0]}")
                expect(time_ms > last[1], f"batch {number}: time {time_ms} is not later than {last[1]}")
            self.batches.append((number, time_ms, records, errors))
        elif kind == 6:
            key = (body.text(), body.text(), body.take("i"))
            self.ranges.setdefault(key, []).append(body.take("qqQ"))
        elif kind == 7:
            self.outputs[(body.text(), self.batches[-1][1])] = body.data[body.at:]
        elif kind == 9:
            self.dead += 1

    def check_ranges(self, produced):
        """Every offset of every partition is in exactly one record. produced: {partition: records}."""
        for partition, count in produced.items():
            mine = [spans for (_, _, number), spans in self.ranges.items() if number == partition]
            next_offset = records = 0
            for span in (mine[0] if mine else []):
                begin, end, inside = span
                expect(begin == next_offset, f"partition {partition}: offsets {next_offset} to {begin} are "
                       + ("lost" if begin > next_offset else "doubled"))
                next_offset, records = end, records + inside
            expect(next_offset == count and records == count,
                   f"partition {partition}: {count} were produced, {records} counted, up to offset {next_offset}")

    def records(self):
        return sum(span[2] for spans in self.ranges.values() for span in spans)


def records_of(tree, memory=None):
    """Records in the batch log now; -1 while there is none, or a name is just being changed."""
    try:
        return Log(tree, memory).records()
    except Exception:
        return -1


def printed(text):
    """{header line: [lines]} of what `print` wrote; the last whole block of a time counts."""
    blocks, header, lines = {}, None, []
    for line in text.split("\n")[:-1]:
        if line.startswith("Time: "):
            header, lines = line, []
        elif header and line == "":
            blocks[header] = lines
            header = None
        elif header and not set(line) == {"-"}:
            lines.append(line)
    return blocks


def word_counts(blocks):
    """Sums of ('word', n) over all blocks."""
    counts = {}
    for lines in blocks.values():
        for line in lines:
            match = re.fullmatch(r"\('([^']*)', (\d+)\)", line)
            if not match:
                raise Failed(f"what is this line? {line!r}")
            counts[match[1]] = counts.get(match[1], 0) + int(match[2])
    return counts
