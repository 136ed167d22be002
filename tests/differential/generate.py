"""Random jobs from a seed."""
from collections import Counter

import streams as ops
from expressions import Language, Scope
from jobs import Job, Source, Stream, expression_text
from outside import OutsideSteps
from values import (BOOL, BYTES, DOUBLE, INT, JSON, STRING, Some, Unspecified, expected, greatest, is_key, is_ordered, is_pair, kind,
                    least, list_of, option, parts, record_of, sized, text_of, tuple_of, whole)
from windows import UNORDERED_FOLDS, WindowSteps

KEYS = (STRING, STRING, INT, BOOL, tuple_of(STRING, INT), option(STRING), list_of(INT), record_of(("a", INT), ("b", STRING)))
VALUES = (INT, INT, INT, STRING, DOUBLE, DOUBLE, tuple_of(INT, DOUBLE), list_of(STRING), option(INT), record_of(("n", INT), ("s", STRING)))
TEXTS = {
    "ints": ("1", "2", "3", "-4", "17", "x", "", "9223372036854775807", "99999999999999999999", "5", "6"),
    "words": ("a b a", "b", "a  c", "", "é 日本 é", "c,b;a", "x=1 y=2", "😀 a", "k=v", "tab\ta", "\"q\",b", "1,2,3", "a,\"b,c\",d"),
    "numbers": ("1", " 1", "+1", "-0", "1e3", "0x10", "1_000", "NaN", "nan", "nan", "-nan", "-inf", "-0.0", "Infinity", "1e400", "1e-400", "5e-324", "-0.0", ".5",
                "5.", ".", "1.5d", "\u0661", "1e", "--1", "9007199254740993", "1.7976931348623157e308", "0.1", "1E+5", "0", "", "007", "2 "),
    "json": ('{"user":{"name":"ann","n":3},"level":"ERROR","items":[1,2,3]}', '{"n":7,"name":"bob"}', '{"level":"x","n":1.5}', "[1,2]",
             "no json", '"text"', "null", '{"items":[],"user":null}', '{"n":9223372036854775808,"level":true}', '{"name":"é\\n"}', "12",
             '{"n":-0.0,"name":""}', '{"n":18446744073709551616}', '{"level":null,"items":[[]]}', '{"":{"n":1}}', " [1] ", '{"n":01}'),
}
SOURCES = ("kafka", "kafka", "kafka", "kafka", "kafka", "null kafka", "kafka json", "kafka bytes", "null kafka json",
           "null kafka bytes", "flume", "flume json", "flume bytes", "socket")


class Generator(WindowSteps, OutsideSteps):
    """One job and its batches. `used` counts operations and methods."""

    def __init__(self, random, used=None):
        self.random, self.used = random, Counter() if used is None else used
        self.language = Language(random, self.used)
        self.states = 0

    def pick(self, items):
        return self.language.pick(items)

    def chance(self, share):
        return self.random.random() < share

    def job(self):
        sources = [Source(f"s{i}", self.pick(SOURCES)) for i in range(self.pick((1, 1, 1, 2, 3)))]
        self.interval_ms = self.pick((1000, 1000, 250, 10000))
        self.sources, self.streams = sources, []
        self.shapes = {source.name: "json" if source.format == "json" else self.pick(("ints", "numbers", "words", "words", "json"))
                       for source in sources}
        for source in sources:
            self.open(source)
        for _ in range(self.pick((0, 0, 1, 2))):
            self.branch()
        read = {name for stream in self.streams for name in stream.parents}
        read |= {name for stream in self.streams for _, _, other in stream.steps for name in other or ()}
        shown = [stream for stream in self.streams if stream.name not in read or self.chance(0.2)]
        outputs = [(f"out{i}", stream) for i, stream in enumerate(shown)]
        return Job(self.interval_ms, sources, self.streams, outputs)

    # ---- streams

    def open(self, source):
        """What stands right behind a source: its texts made into something."""
        stream = Stream(f"r{len(self.streams)}", [source.name], 1, source.type, True)
        self.streams.append(stream)
        roll, shape = self.random.random(), self.shapes[source.name]
        self.used[f"source {source.kind} {source.format} {source.nullable}"] += 1
        if roll < 0.5 and source.kind == "kafka" and not source.format and not source.nullable:
            texts = {"numbers": ("(_.value.toDouble, 1)", "_.value.toDouble", "_.value.toInt"), "ints": ("(_.key.getOrElse(\"-\"), _.value.toInt)", "_.value.toInt"), "words": ("_.value.split(\" \")",),
                     "json": ("_.value.json",)}[shape]
            self.opener(stream, shape, self.pick(texts))
        elif roll < 0.6:
            pass
        else:
            self.step_map(stream)
        self.steps(stream, self.pick((1, 1, 2, 3)))

    def opener(self, stream, shape, text):
        from methods import parse_json, to_double, to_int
        if shape == "ints" and text.startswith("("):
            func = lambda row: [(row[0].value if row[0] else "-", to_int(row[1]))]
            self.each(stream, "map", text, func, tuple_of(STRING, INT))
        elif text == "_.value.toInt":
            self.each(stream, "map", text, lambda row: [to_int(row[1])], INT)
        elif text == "_.value.toDouble":
            self.each(stream, "map", text, lambda row: [to_double(row[1])], DOUBLE)
        elif shape == "numbers":
            self.each(stream, "map", text, lambda row: [(to_double(row[1]), 1)], tuple_of(DOUBLE, INT))
        elif shape == "json":
            self.each(stream, "map", text, lambda row: [parse_json(row[1])], JSON)
        else:
            self.each(stream, "flatMap", text, lambda row: row[1].split(" "), STRING)
            if self.chance(0.6):
                self.each(stream, "map", "(_, 1)", lambda row: [(row, 1)], tuple_of(STRING, INT))

    def branch(self):
        """One more stream, from one or two that are there."""
        parent = self.pick(self.streams)
        like = [stream for stream in self.streams if stream is not parent and stream.type == parent.type and stream.slide == parent.slide]
        parents, ordered = [parent.name], parent.ordered
        if like and self.chance(0.5):
            other = self.pick(like)
            parents, ordered = parents + [other.name], ordered and other.ordered
            self.used["from: [a, b]"] += 1
        stream = Stream(f"r{len(self.streams)}", parents, parent.slide, parent.type, ordered)
        stream.plain = stream.plain and parent.plain
        before = list(self.streams)
        self.streams.append(stream)
        if self.chance(0.6):
            self.step_two(stream, before)
        self.steps(stream, self.pick((0, 1, 2)))

    def steps(self, stream, n):
        for _ in range(n):
            for _ in range(5):
                try:
                    if self.likely(stream)(self, stream) is not False:
                        break
                except Unspecified:
                    pass
        if sum(1 for _ in parts(stream.type)) > 30 or (kind(stream.type) == "Record" and self.chance(0.3)):
            self.step_map(stream)

    def likely(self, stream):
        """An operation, rather one by key where there are keys."""
        return self.pick(KEYED if self.keyed(stream) and self.chance(0.6) else STEPS)

    def add(self, stream, name, text, make, of=None, other=None):
        self.used[name] += 1
        stream.steps.append((text, make, other))
        stream.type = of or stream.type

    def each(self, stream, name, text, func, of):
        slide = stream.slide
        self.add(stream, name, f"{name}: {expression_text(text, self.random.random())}", lambda: ops.Each(slide, func), of)

    def function(self, param, of, depth=3):
        language = self.language
        language.scope = Scope()
        drawn = language.function(param, lambda: language.expr(of, depth), depth)
        if not drawn:
            raise Unspecified("no pattern")
        text, _, func = drawn
        return text, lambda value: func({}, value)

    def some_type(self):
        roll = self.random.random()
        if roll < 0.7:
            return tuple_of(self.pick(KEYS), self.pick(VALUES))
        return self.pick(VALUES + KEYS)

    # ---- one row at a time

    def step_map(self, stream):
        of = self.some_type()
        text, func = self.function(stream.type, of)
        self.each(stream, "map", text, lambda row: [func(row)], of)

    def step_filter(self, stream):
        text, func = self.function(stream.type, BOOL)
        self.each(stream, "filter", text, lambda row: [row] if func(row) else [], stream.type)

    def step_flat_map(self, stream):
        of = self.some_type()
        text, func = self.function(stream.type, list_of(of))
        self.each(stream, "flatMap", text, func, of)

    def step_map_values(self, stream):
        if not is_pair(stream.type):
            return False
        key, value = stream.type[1]
        of = self.pick(VALUES)
        if self.chance(0.5):
            text, func = self.function(value, of)
            self.each(stream, "mapValues", text, lambda row: [(row[0], func(row[1]))], tuple_of(key, of))
        else:
            text, func = self.function(value, list_of(of))
            self.each(stream, "flatMapValues", text, lambda row: [(row[0], item) for item in func(row[1])], tuple_of(key, of))
        return True

    # ---- a batch at a time

    def whole(self, stream, name, func, of, text=None, ordered=None):
        slide = stream.slide
        self.add(stream, name, text or name, lambda: ops.Whole(slide, func), of)
        stream.ordered = stream.ordered if ordered is None else ordered
        stream.plain = stream.plain or name != "repartition"

    def step_count(self, stream):
        self.whole(stream, "count", lambda rows, _: [len(rows)], INT, ordered=True)

    def step_unary(self, stream):
        name = self.pick(("countByValue", "distinct", "glom", "groupByKey", "repartition"))
        of = stream.type
        if name == "glom":
            if not stream.ordered:
                return False
            self.whole(stream, name, ops.op_glom, list_of(of))
        elif name == "groupByKey":
            if not stream.ordered or not self.keyed(stream):
                return False
            self.whole(stream, name, ops.op_group_by_key, tuple_of(of[1][0], list_of(of[1][1])))
        elif name == "repartition":
            num = self.pick((1, 2, 3))
            self.whole(stream, name, ops.op_repartition(num), of, f"repartition: {num}")
        elif not is_key(of):
            return False
        elif name == "distinct":
            self.whole(stream, name, ops.op_distinct, of)
        else:
            self.whole(stream, name, ops.op_count_by_value, tuple_of(of, INT))
        return True

    def keyed(self, stream):
        return is_pair(stream.type) and is_key(stream.type[1][0])

    def fold(self, value, ordered, associative):
        """(text, func, result type, first) of a reduce; first: what a value counts as."""
        choices = []
        if value in (INT, DOUBLE):
            choices += [("sum", self.adder(value, ordered)), ("_ + _", self.adder(value, ordered))]
        if is_ordered(value):
            choices += [("min", least), ("max", greatest)]
        if value == DOUBLE and not ordered:
            choices = choices[2:]
        choices.append(("count", None))
        if ordered:
            choices += [("(a, b) => a", lambda a, b: a), ("(a, b) => b", lambda a, b: b)]
            if value == STRING or kind(value) == "List":
                choices.append(("_ + _", lambda a, b: sized(a + b)))
            if not associative and self.chance(0.5):
                language = self.language
                text, _, func = language.named([value, value], lambda: language.expr(value, 2))
                choices = [(text, func)]
        text, func = self.pick(choices)
        if func is None:
            return text, lambda a, b: a + b, INT, lambda _: 1
        return text, func, value, lambda one: one

    def adder(self, value, ordered):
        if value == DOUBLE:
            return lambda a, b: a + b

        def add(a, b):
            if not ordered and not -(1 << 62) < a < 1 << 62:
                raise Unspecified("overflow in no order")
            return whole(a + b)
        return add

    def fold_text(self, text):
        return text if text in UNORDERED_FOLDS else expression_text(text, self.random.random())

    def step_reduce(self, stream):
        if self.keyed(stream) and self.chance(0.8):
            key, value = stream.type[1]
            text, func, of, first = self.fold(value, stream.ordered, not stream.plain)
            run = ops.op_reduce_by_key(func)
            self.whole(stream, "reduceByKey", lambda rows, faults: run([(k, first(v)) for k, v in rows], faults), tuple_of(key, of),
                       f"reduceByKey: {self.fold_text(text)}")
        else:
            text, func, of, first = self.fold(stream.type, stream.ordered, not stream.plain)
            run = ops.op_reduce(func)
            self.whole(stream, "reduce", lambda rows, faults: run([first(row) for row in rows], faults), of,
                       f"reduce: {self.fold_text(text)}", True)

    def step_sort(self, stream):
        if self.chance(0.5):
            if not is_pair(stream.type) or not is_ordered(stream.type[1][0]):
                return False
            up = self.chance(0.6)
            text = "sortByKey" if up and self.chance(0.5) else f"sortByKey: {{ascending: {'true' if up else 'false'}}}"
            self.whole(stream, "sortByKey", ops.op_sort_by_key(up), stream.type, text)
        else:
            num, of = self.pick((1, 2, 3, 10)), self.pick((INT, STRING, DOUBLE, tuple_of(INT, STRING), tuple_of(DOUBLE, STRING)))
            text, func = self.function(stream.type, of, 2)
            by = expression_text(text, 0.9)
            self.whole(stream, "top", ops.op_top(num, func, stream.ordered), stream.type, f"top: {{num: {num}, by: {by}}}")
        return True

    # ---- state

    def state(self, stream):
        """(id, state type, initial rows, yaml parts)."""
        self.states += 1
        key = stream.type[1][0]
        of = self.pick((INT, INT, STRING, DOUBLE, tuple_of(INT, STRING), list_of(INT), record_of(("n", INT), ("s", STRING))))
        parts, initial = [f"id: state{self.states}"], []
        if self.chance(0.3) and kind(key) not in ("Option", "Timestamp"):
            self.language.scope = Scope()
            rows = [(self.language.literal(key), self.language.literal(of)) for _ in range(self.pick((1, 2)))]
            if all(a and b for a, b in rows):
                seen = {}
                for a, b in rows:
                    seen.setdefault(ops.freeze(a.run({})), (a.run({}), b.run({})))
                initial = list(seen.values())
                parts.append("initial: [" + ", ".join(f"[{expected(key, k)}, {expected(of, v)}]" for k, v in initial) + "]")
        if not initial or of not in (INT, STRING, DOUBLE) or self.chance(0.5):
            parts.append(f"stateType: \"{text_of(of)}\"")
        return of, initial, parts

    def step_update(self, stream):
        if not self.keyed(stream) or not stream.ordered:
            return False
        key, value = stream.type[1]
        of, initial, parts = self.state(stream)
        language = self.language
        language.scope = Scope()
        wanted = option(of) if self.chance(0.5) else of
        text, have, func = language.named([list_of(value), option(of)], lambda: language.expr(wanted, 3))
        if of == INT and self.chance(0.2):  # its type is that of the argument of getOrElse
            parts = [part for part in parts if not part.startswith("stateType")]
            text, have, func = self.simple_update()

        def run(values, state):
            new = func(values, state)
            return new if kind(have) == "Option" else Some(new)
        parts.append("func: " + expression_text(text, 0.9))
        slide = stream.slide
        self.add(stream, "updateStateByKey", "updateStateByKey: {" + ", ".join(parts) + "}", lambda: ops.Update(slide, run, initial),
                 tuple_of(key, of))
        stream.ordered = False
        return True

    def simple_update(self):
        """(text, type, func) of a state that is a number; now and then a key goes."""
        if self.chance(0.5):
            return ("(values, state) => state.getOrElse(1) + values.size", INT,
                    lambda values, state: whole((state.value if state else 1) + len(values)))
        return ("(values, state) => if (values.size > 1) None else state.getOrElse(0) + 10", option(INT),
                lambda values, state: None if len(values) > 1 else Some(whole((state.value if state else 0) + 10)))

    def step_map_state(self, stream):
        if not self.keyed(stream) or not stream.ordered:
            return False
        key, value = stream.type[1]
        of, initial, parts = self.state(stream)
        language = self.language
        language.scope = Scope()
        out = self.pick((tuple_of(key, INT), STRING, INT, tuple_of(key, of)))
        wanted = tuple_of(option(out) if self.chance(0.6) else out, option(of) if self.chance(0.7) else of)
        text, have, func = language.named([key, option(value), option(of)], lambda: language.expr(wanted, 4))
        opt_out, opt_state = (kind(member) == "Option" for member in have[1])

        def run(key, value, state):
            emitted, new = func(key, value, state)
            return emitted if opt_out else Some(emitted), new if opt_state else Some(new)
        parts.append("func: " + expression_text(text, 0.9))
        timeout = stream.slide * self.pick((1, 2, 3)) if self.chance(0.5) else None
        if timeout:
            parts.append(f"timeout: {timeout * self.interval_ms}ms")
        slide = stream.slide
        self.add(stream, "mapWithState", "mapWithState: {" + ", ".join(parts) + "}", lambda: ops.MapState(slide, run, timeout, initial),
                 out)
        stream.ordered = False
        return True

    # ---- two streams

    def step_two(self, stream, before):
        name = self.pick(("join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin", "cogroup", "union"))
        slide = stream.slide
        if name == "union":
            others = [other for other in before if other.type == stream.type and other.slide == slide]
            if not others:
                return False
            chosen = [self.pick(others) for _ in range(self.pick((1, 1, 2)))]
            names = [other.name for other in chosen]
            text = f"union: [{', '.join(names)}]" if len(names) > 1 or self.chance(0.5) else f"union: {names[0]}"
            self.add(stream, name, text, lambda: ops.Two(slide, ops.op_union), None, names)
            stream.ordered, stream.plain = stream.ordered and all(other.ordered for other in chosen), False
            return True
        others = [other for other in before if is_pair(other.type) and is_pair(stream.type) and other.slide == slide and
                  is_key(stream.type[1][0]) and other.type[1][0] == stream.type[1][0] and (name != "cogroup" or other.ordered)]
        if not others or (name == "cogroup" and not stream.ordered):
            return False
        other = self.pick(others)
        key, left, right = stream.type[1][0], stream.type[1][1], other.type[1][1]
        left_outer, right_outer = name in ("leftOuterJoin", "fullOuterJoin"), name in ("rightOuterJoin", "fullOuterJoin")
        if (right_outer and kind(left) == "Option") or (left_outer and kind(right) == "Option"):
            return False
        if name == "cogroup":
            of, run = tuple_of(key, tuple_of(list_of(left), list_of(right))), ops.op_cogroup(ops.left_then_right)
        else:
            of = tuple_of(key, tuple_of(option(left) if right_outer else left, option(right) if left_outer else right))
            run = ops.op_join(left_outer, right_outer, ops.left_then_right)
        self.add(stream, name, f"{name}: {other.name}", lambda: ops.Two(slide, lambda rows, sides: run(rows, sides[0], None)), of, [other.name])
        stream.ordered, stream.plain = stream.ordered and other.ordered, True
        return True

    # ---- batches

    def batches(self, job):
        """(inputs, number of batches)."""
        n = self.pick((2, 3, 4, 6))
        return {source.name: [[self.record(source) for _ in range(self.pick((0, 1, 2, 3, 5)))] for _ in range(n)]
                for source in job.sources}, n + self.pick((0, 0, 1, 2))

    def record(self, source):
        item = {}
        if source.kind == "kafka" and self.chance(0.4):
            item["key"] = self.pick(("a", "b", "é", "", None))
        item["value"] = None if source.kind == "kafka" and self.chance(0.03) else self.pick(TEXTS[self.shapes[source.name]])
        if source.kind == "kafka" and self.chance(0.05):
            item["topic"] = self.pick(source.topics)
        if source.kind == "kafka" and self.chance(0.05):
            item["partition"] = self.pick((0, 1))
        if source.kind == "kafka" and self.chance(0.08):
            item["timestamp"] = self.pick((0, 1, 1500, 1790000000123))
        if source.kind != "socket" and self.chance(0.1):
            item["headers"] = self.pick(({"id": "7"}, {"id": "", "é": "x"}, {"é": "1", "id": "2", "a": "3"}, {"id": None, "a": "1"}, {}))
        return item


STEPS = (Generator.step_map, Generator.step_map, Generator.step_filter, Generator.step_filter, Generator.step_flat_map,
         Generator.step_map_values, Generator.step_count, Generator.step_unary, Generator.step_unary, Generator.step_reduce,
         Generator.step_reduce, Generator.step_sort, Generator.step_window, Generator.step_window, Generator.step_update,
         Generator.step_map_state, Generator.step_pipe, Generator.step_lua)
KEYED = (Generator.step_map_values, Generator.step_reduce, Generator.step_window, Generator.step_window, Generator.step_update,
         Generator.step_map_state, Generator.step_filter, Generator.step_sort)
