"""Steps of a random job that look at windows."""
import streams as ops
from jobs import expression_text
from values import INT, is_key, list_of, tuple_of, whole

UNORDERED_FOLDS = ("sum", "min", "max", "count")


def whole_sum(a, b):
    return whole(a + b)


class WindowSteps:
    """Part of the Generator."""

    def window_text(self, stream, more=()):
        """(window, every, text) in batches."""
        slide = stream.slide
        window, every = slide * self.pick((1, 2, 2, 3, 4)), slide * self.pick((1, 1, 1, 2, 3))
        parts = list(more) + [f"windowDuration: {window * self.interval_ms}ms"]
        if every != slide or self.chance(0.3):
            parts.append(f"slideDuration: {every * self.interval_ms}ms")
        return window, every, "{" + ", ".join(parts) + "}"

    def windowed(self, stream, name, make, of, every, text):
        self.add(stream, name, f"{name}: {text}", make, of)
        stream.slide, stream.plain = every, True

    def step_window(self, stream):
        name = self.pick(("window", "countByWindow", "countByValueAndWindow", "groupByKeyAndWindow", "reduceByWindow",
                          "reduceByKeyAndWindow", "reduceByKeyAndWindow"))
        return getattr(self, "draw_" + name)(stream) if hasattr(self, "draw_" + name) else self.draw_reduce_window(stream, name)

    def draw_window(self, stream):
        slide = stream.slide
        window, every, text = self.window_text(stream)
        self.windowed(stream, "window", lambda: ops.Window(slide, window, every), stream.type, every, text)

    def draw_countByWindow(self, stream):
        slide = stream.slide
        window, every, text = self.window_text(stream)

        def make():
            inner = ops.InverseWindow(slide, window, every, lambda a, b: a + b, lambda a, b: a - b, lambda key, value: True)
            return ops.Keyless(inner, lambda _: 1)
        self.windowed(stream, "countByWindow", make, INT, every, text)
        stream.ordered = True

    def draw_countByValueAndWindow(self, stream):
        slide = stream.slide
        if not is_key(stream.type):
            return False
        window, every, text = self.window_text(stream)

        class Count(ops.InverseWindow):
            def take(self, rows, faults):
                return super().take([(row, 1) for row in rows], faults)

        def make():
            return Count(slide, window, every, lambda a, b: a + b, lambda a, b: a - b, lambda key, value: value != 0)
        self.windowed(stream, "countByValueAndWindow", make, tuple_of(stream.type, INT), every, text)
        return True

    def draw_groupByKeyAndWindow(self, stream):
        slide, of = stream.slide, stream.type
        if not stream.ordered or not self.keyed(stream):
            return False
        window, every, text = self.window_text(stream)
        self.windowed(stream, "groupByKeyAndWindow", lambda: ops.WindowOf(slide, window, every, ops.op_group_by_key),
                      tuple_of(of[1][0], list_of(of[1][1])), every, text)
        return True

    def draw_reduce_window(self, stream, name):
        slide, by_key = stream.slide, name == "reduceByKeyAndWindow"
        if by_key and not self.keyed(stream):
            return False
        value = stream.type[1][1] if by_key else stream.type
        func_text, func, of, first = self.fold(value, stream.ordered, True)
        if value == INT and self.chance(0.5):
            func_text, func, of, first = "_ + _", whole_sum, INT, lambda one: one
        more, keep, inverse = [f"func: {func_text if func_text in UNORDERED_FOLDS else expression_text(func_text, 0.9)}"], None, None
        if value == INT and func_text in ("sum", "_ + _") and self.chance(0.6):
            inverse, keep = lambda a, b: whole(a - b), lambda key, value: True
            more.append(f"invFunc: {expression_text('_ - _', 0.9)}")
            if by_key and self.chance(0.5):
                sign = self.pick(("!=", ">"))
                keep = (lambda key, value: value != 0) if sign == "!=" else lambda key, value: value > 0
                more.append(f'filterFunc: "(k, v) => v {sign} 0"')
        window, every, text = self.window_text(stream, more)

        class Reduced(ops.InverseWindow if inverse else ops.ReducedWindow):
            def take(self, rows, faults):
                return super().take([(key, first(value)) for key, value in rows], faults)

        def make():
            inner = Reduced(slide, window, every, func, inverse, keep) if inverse else Reduced(slide, window, every, func)
            return inner if by_key else ops.Keyless(inner, lambda row: row)
        self.windowed(stream, name + (" invFunc" if inverse else ""), make, tuple_of(stream.type[1][0], of) if by_key else of, every,
                      text)
        stream.steps[-1] = (f"{name}: {text}", *stream.steps[-1][1:])
        if not by_key:
            stream.ordered = True
        return True
