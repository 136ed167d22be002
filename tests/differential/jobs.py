"""A job: sources, streams, outputs, and what it must show for given batches."""
from methods import parse_json
from streams import Faults, Rows, joined
from values import BYTES, CLOCK, JSON, STRING, TIME, Bad, Some, expected, option, quoted, record_of

HEADERS = ("Map", STRING)


def kafka_of(value):
    return record_of(("key", option(STRING)), ("value", value), ("topic", STRING), ("partition", "Int"), ("offset", "Int"),
                     ("timestamp", TIME), ("headers", HEADERS))


class Source:
    """A source by its kind and the format of its values: "kafka", "kafka json", "null kafka bytes": they may be absent, "flume
    json", "socket"."""

    def __init__(self, name, kind):
        words = kind.split(" ")
        self.nullable, self.format = words[0] == "null", words[-1] if words[-1] in ("json", "bytes") else None
        self.name, self.kind, self.topics = name, words[1 if self.nullable else 0], (f"{name}a", f"{name}b")
        value = {"json": JSON, "bytes": BYTES}.get(self.format, STRING)
        self.type = STRING if kind == "socket" else record_of(("body", value), ("headers", HEADERS)) if self.kind == "flume" else \
            kafka_of(option(value) if self.nullable else value)

    def yaml(self):
        if self.kind == "socket":
            return f"socketTextStream: {{name: {self.name}, host: h, port: 1}}"
        if self.kind == "flume":
            return f"flume: {{name: {self.name}, bind: h, port: 1{f', body.format: {self.format}' if self.format else ''}}}"
        more = f", value.format: {self.format}" if self.format else ""
        more += ", value.nullable: true" if self.nullable else ""
        return f"kafka: {{name: {self.name}, bootstrap.servers: \"b:1\", group.id: g, topics: [{', '.join(self.topics)}]{more}}}"

    def record(self, item, place, offset, now_ms):
        """The value that a record is; raises Bad."""
        value = item.get("value")
        headers = {name: text for name, text in item.get("headers", {}).items() if text is not None}
        if self.kind == "socket":
            return value
        if value is None and not self.nullable:
            raise Bad("no value")
        if value is not None:
            value = parse_json(value) if self.format == "json" else value.encode() if self.format == "bytes" else value
            value = Some(value) if self.nullable else value
        if self.kind == "flume":
            return (value, headers)
        key = item.get("key")
        return (None if key is None else Some(key), value, *place, offset, item.get("timestamp", now_ms), headers)

    def records(self, batches, interval_ms):
        """Per batch the values, and the number of records that are none."""
        offsets, made = {}, []
        for i, batch in enumerate(batches):
            rows, faults = [], 0
            for item in batch:
                place = (item.get("topic", self.topics[0]), item.get("partition", 0))
                offset = offsets[place] = offsets.get(place, -1) + 1
                try:
                    rows.append(self.record(item, place, offset, (i + 1) * interval_ms))
                except Bad:
                    faults += 1
            made.append((Rows(rows, [len(rows)] if batch else []), faults))
        return made


class Stream:
    """`steps` are (yaml, make, other): make() gives an operation anew; other: the stream that a join or union has beside it."""

    def __init__(self, name, parents, slide, of, ordered):
        self.name, self.parents, self.steps = name, parents, []
        self.slide, self.type, self.ordered = slide, of, ordered
        self.plain = len(parents) == 1  # its rows come one behind the other, not from several streams


class Job:
    def __init__(self, interval_ms, sources, streams, outputs):
        self.interval_ms, self.sources, self.streams, self.outputs = interval_ms, sources, streams, outputs

    def run(self, inputs, batches):
        """Per output and batch the rows (None: not due), and per batch the error records."""
        shown = {label: [] for label, _ in self.outputs}
        errors = []
        ops = {stream.name: [make() for _, make, _ in stream.steps] for stream in self.streams}
        records = {source.name: source.records(inputs[source.name], self.interval_ms) for source in self.sources}
        for now in range(1, batches + 1):
            faults, flow, CLOCK[0] = Faults(), {}, now * self.interval_ms
            for source in self.sources:
                rows, bad = records[source.name][now - 1] if now <= len(records[source.name]) else (Rows([], []), 0)
                flow[source.name] = rows
                faults.n += bad
            for stream in self.streams:
                sides = [flow[name] for name in stream.parents]
                rows = None if sides[0] is None else joined(sides)
                for (_, _, other), op in zip(stream.steps, ops[stream.name]):
                    rows = op.batch(now, rows, faults) if other is None else op.batch(now, (rows, [flow[o] for o in other]), faults)
                flow[stream.name] = rows
            for label, stream in self.outputs:
                shown[label].append(flow[stream.name])
            errors.append(faults.n)
        return shown, errors

    # ---- as a file

    def yaml(self, tests):
        lines = [f"batchInterval: {self.interval_ms}ms", "checkpoint: file:///nowhere", "sources:"]
        for source in self.sources:
            lines.append(f"  - {source.yaml()}")
        lines.append("streams:")
        for stream in self.streams:
            parents = stream.parents[0] if len(stream.parents) == 1 else "[" + ", ".join(stream.parents) + "]"
            lines += [f"  {stream.name}:", f"    from: {parents}"]
            if stream.steps:
                lines.append("    transformations:")
            for text, _, _ in stream.steps:
                lines.append("      - " + text.replace("\n", "\n        "))
        lines.append("outputs:")
        for label, stream in self.outputs:
            lines.append(f"  - print: {{from: {stream.name}, label: {label}}}")
        lines.append("tests:")
        for name, inputs, batches in tests:
            lines += self.yaml_test(name, inputs, batches)
        return "\n".join(lines) + "\n"

    def yaml_test(self, name, inputs, batches):
        shown, errors = self.run(inputs, batches)
        lines = [f"  - name: {name}", f"    batches: {batches}", "    input:"]
        for source in self.sources:
            lines.append(f"      {source.name}:")
            lines += ["        - [" + ", ".join(item_text(item, source.kind) for item in batch) + "]" for batch in inputs[source.name]]
        lines.append("    expect:")
        for label, stream in self.outputs:
            lines.append(f"      {label}:")
            for rows in shown[label]:
                lines.append("        - [" + ", ".join(expected(stream.type, row) for row in rows or []) + "]")
        if all(stream.ordered for _, stream in self.outputs):
            lines.append("    ordered: true")
        if any(errors):
            lines.append("    errors: [" + ", ".join(map(str, errors)) + "]")
        return lines


def item_text(item, kind):
    """A record as `input` has it."""
    if list(item) == ["value"] and item["value"] is not None:
        return quoted(item["value"])
    parts = []
    for name, value in item.items():
        if name == "value" and kind == "flume":
            name = "body"
        if name == "headers":
            value = "{" + ", ".join(f"{quoted(key)}: {'null' if text is None else quoted(text)}" for key, text in value.items()) + "}"
        elif name in ("timestamp", "partition"):
            value = str(value)
        else:
            value = "null" if value is None else quoted(value)
        parts.append(f"{name}: {value}")
    return "{" + ", ".join(parts) + "}"


def expression_text(text, style):
    """An expression as a YAML scalar."""
    if style < 0.3 and not any(c in text for c in "\n\t"):
        return "'" + text.replace("'", "''") + "'"
    if style < 0.5:
        return ">-\n  " + text
    return quoted(text)
