"""Operations of Spark Streaming, as plainly as they can be said: a batch of a stream is a list of values, None where the stream
does not fire. Time is counted in batches, from 1."""
from collections import deque

from values import Bad, Some, Unspecified, freeze, rank, sized


class Rows(list):
    """A batch's values; `cuts` has the number of them in each partition. Without, it is one, or nobody knows whether none."""
    __slots__ = ("cuts", "vague")

    def __init__(self, values=(), cuts=None):
        super().__init__(values)
        sized(self)
        self.vague = cuts is None and not self
        self.cuts = ([len(self)] if self else []) if cuts is None else cuts

    def partitions(self):
        at = 0
        for n in self.cuts:
            yield self[at:at + n]
            at += n


def joined(batches):
    """Batches one behind the other, each with its partitions."""
    batches = list(batches)
    out = Rows((row for rows in batches for row in rows), [n for rows in batches for n in rows.cuts])
    out.vague = any(rows.vague for rows in batches)
    return out


class Faults:
    """Error records of a job's batch."""

    def __init__(self):
        self.n = 0


def group(rows):
    """{frozen key: (key, [values])} in order of first appearance."""
    groups = {}
    for key, value in rows:
        groups.setdefault(freeze(key), (key, []))[1].append(value)
    return groups


def fold(func, values):
    result = values[0]
    for value in values[1:]:
        result = func(result, value)
    return result


def fold_keys(func, rows, faults):
    """What reduceByKey gives; a key that fails is one error and left out."""
    result = []
    for key, values in group(rows).values():
        try:
            result.append((key, fold(func, values)))
        except Bad:
            faults.n += 1
    return result


class Op:
    """One operation. `slide` is its parent's; `every` its own."""

    def __init__(self, slide):
        self.slide = self.every = slide

    def due(self, now):
        return now % self.every == 0

    def batch(self, now, rows, faults):
        """`rows` of the parent, None where it does not fire."""
        if rows is None:
            return None
        return self.run(rows, faults, now)

    def run(self, rows, faults, now):
        raise NotImplementedError


class Each(Op):
    """Rows one at a time: each gives a list of rows or fails as one."""

    def __init__(self, slide, func):
        super().__init__(slide)
        self.func = func

    def run(self, rows, faults, now):
        out, cuts = [], []
        for part in rows.partitions():
            before = len(out)
            for row in part:
                try:
                    out.extend(self.func(row))
                    sized(out)
                except Bad:
                    faults.n += 1
            cuts.append(len(out) - before)
        out = Rows(out, cuts)
        out.vague = rows.vague
        return out


class Whole(Op):
    """A batch at a time: func(rows, faults); the result is one partition unless func says more."""

    def __init__(self, slide, func):
        super().__init__(slide)
        self.func = func

    def run(self, rows, faults, now):
        out = self.func(rows, faults)
        return out if isinstance(out, Rows) else Rows(out)


def op_glom(rows, _):
    if rows.vague:
        raise Unspecified("a partition of nothing")
    return Rows(list(rows.partitions()))


def op_repartition(num):
    def run(rows, _):
        n = len(rows)
        return Rows(rows, [n * (i + 1) // num - n * i // num for i in range(num)] if n else [])
    return run


def op_reduce(func):
    def run(rows, faults):
        try:
            return [fold(func, rows)] if rows else []
        except Bad:
            faults.n += 1
            return []
    return run


def op_reduce_by_key(func):
    return lambda rows, faults: fold_keys(func, rows, faults)


def op_distinct(rows, _):
    seen = {}
    for row in rows:
        seen.setdefault(freeze(row), row)
    return list(seen.values())


def op_count_by_value(rows, faults):
    return fold_keys(lambda a, b: a + b, [(row, 1) for row in rows], faults)


def op_group_by_key(rows, _):
    return list(group(rows).values())


def op_sort_by_key(ascending):
    def run(rows, _):
        return sorted(rows, key=lambda row: rank(row[0]), reverse=not ascending)  # stable both ways
    return run


def op_top(num, by, tied):
    """The largest first, ties by arrival; `tied`: may there be ties?"""
    def run(rows, faults):
        found = []
        for row in rows:
            try:
                found.append((rank(by(row)), row))
            except Bad:
                faults.n += 1
        if not tied and len({value for value, _ in found}) < len(found):
            raise Unspecified("ties in no order")
        return [row for _, row in sorted(found, key=lambda one: one[0], reverse=True)[:num]]
    return run


# ---- two streams

class Two(Op):
    """An operation on a stream and others of the same slide: func(rows, [rows of others])."""

    def __init__(self, slide, func):
        super().__init__(slide)
        self.func = func

    def batch(self, now, rows, faults):
        own, others = rows
        out = None if own is None else self.func(own, others)
        return out if out is None or isinstance(out, Rows) else Rows(out)


def op_union(rows, sides):
    return joined([rows] + sides)


def op_join(left_outer, right_outer, order):
    """Pairs per key; a side that may be missing is an Option."""
    def run(left, right, _faults):
        lefts, rights = group(left), group(right)
        wrap_l, wrap_r = right_outer, left_outer
        out = []
        for frozen in order(lefts, rights):
            key = (lefts.get(frozen) or rights.get(frozen))[0]
            values_l = lefts[frozen][1] if frozen in lefts else []
            values_r = rights[frozen][1] if frozen in rights else []
            if (not values_l and not right_outer) or (not values_r and not left_outer):
                continue
            for a in [Some(a) if wrap_l else a for a in values_l] or [None]:
                for b in [Some(b) if wrap_r else b for b in values_r] or [None]:
                    out.append((key, (a, b)))
            sized(out)
        return out
    return run


def op_cogroup(order):
    def run(left, right, _faults):
        lefts, rights = group(left), group(right)
        return [((lefts.get(frozen) or rights.get(frozen))[0],
                 (lefts[frozen][1] if frozen in lefts else [], rights[frozen][1] if frozen in rights else []))
                for frozen in order(lefts, rights)]
    return run


def left_then_right(lefts, rights):
    return list(lefts) + [frozen for frozen in rights if frozen not in lefts]


# ---- windows

class Window(Op):
    """The parent's batches in (now - window, now], oldest first, every `every` batches."""

    def __init__(self, slide, window, every):
        super().__init__(slide)
        self.window, self.every = window, every
        self.past = deque()  # (time, rows)

    def span(self, after, until):
        return [rows for time, rows in self.past if after < time <= until]

    def batch(self, now, rows, faults):
        if rows is not None:
            self.past.append((now, self.take(rows, faults)))
        while self.past and self.past[0][0] <= now - self.window - self.every:
            self.past.popleft()
        return self.give(now, faults) if self.due(now) else None

    def take(self, rows, faults):
        del faults
        return rows

    def give(self, now, faults):
        """Each batch that has rows is a partition."""
        del faults
        batches = [rows for rows in self.span(now - self.window, now) if rows]
        return Rows((row for rows in batches for row in rows), [len(rows) for rows in batches])


class WindowOf(Window):
    """A window, then what comes of its rows: func(rows, faults)."""

    def __init__(self, slide, window, every, func):
        super().__init__(slide, window, every)
        self.func = func

    def give(self, now, faults):
        return Rows(self.func(super().give(now, faults), faults))


class ReducedWindow(Window):
    """reduceByKeyAndWindow: reduceByKey per batch, window, reduceByKey."""

    def __init__(self, slide, window, every, func):
        super().__init__(slide, window, every)
        self.func = func

    def take(self, rows, faults):
        return fold_keys(self.func, rows, faults)

    def give(self, now, faults):
        return Rows(fold_keys(self.func, [row for rows in self.span(now - self.window, now) for row in rows], faults))


class InverseWindow(ReducedWindow):
    """The same from the window before: what left is taken out, what came is added; zero values stay unless filtered out."""

    def __init__(self, slide, window, every, func, inverse, keep):
        super().__init__(slide, window, every, func)
        self.inverse, self.keep = inverse, keep
        self.state = {}  # frozen key: (key, value), in the order in which keys entered

    def give(self, now, faults):
        before = now - self.every
        old = group(row for rows in self.span(before - self.window, min(before, now - self.window)) for row in rows)
        new = group(row for rows in self.span(max(before, now - self.window), now) for row in rows)
        failed = set()
        for frozen in list(self.state) + [frozen for frozen in new if frozen not in self.state]:
            try:
                self.state[frozen] = self.next(frozen, old, new)
            except Bad:
                faults.n += 1
                failed.add(frozen)  # left out, its old state stays
        try:
            self.state = {frozen: row for frozen, row in self.state.items() if frozen in failed or self.keep(*row)}
        except Bad:
            raise Unspecified("a filter fails") from None
        return Rows(row for frozen, row in self.state.items() if frozen not in failed)

    def next(self, frozen, old, new):
        """A key's next state."""
        if frozen not in self.state:
            return (new[frozen][0], fold(self.func, new[frozen][1]))
        key, value = self.state[frozen]
        if frozen in old:
            value = self.inverse(value, fold(self.func, old[frozen][1]))
        if frozen in new:
            value = self.func(value, fold(self.func, new[frozen][1]))
        return (key, value)


class Keyless(Op):
    """reduceByWindow and countByWindow: a window by key, of one key that nobody sees."""

    def __init__(self, inner, one):
        super().__init__(inner.slide)
        self.inner, self.one, self.every = inner, one, inner.every

    def batch(self, now, rows, faults):
        pairs = None if rows is None else [((), self.one(row)) for row in rows]
        out = self.inner.batch(now, pairs, faults)
        return None if out is None else Rows(value for _, value in out)


# ---- state

class Update(Op):
    """updateStateByKey: every key, every batch."""

    def __init__(self, slide, func, initial):
        super().__init__(slide)
        self.func = func
        self.state = {freeze(key): (key, value) for key, value in initial}

    def run(self, rows, faults, now):
        groups, out = group(rows), []
        for frozen in left_then_right(self.state, groups):
            key = (self.state.get(frozen) or groups[frozen])[0]
            old = self.state.get(frozen)
            try:
                new = self.func(groups[frozen][1] if frozen in groups else [], Some(old[1]) if old else None)
            except Bad:
                faults.n += 1  # the key is left out, its old state stays
                continue
            if new is None:
                self.state.pop(frozen, None)
            else:
                self.state[frozen] = (key, new.value)
                out.append((key, new.value))
        return Rows(out)


class MapState(Op):
    """mapWithState: once a record in order of arrival; then keys that nobody touched for longer than the timeout."""

    def __init__(self, slide, func, timeout, initial):
        super().__init__(slide)
        self.func, self.timeout = func, timeout
        self.state = {freeze(key): [key, value, None] for key, value in initial}  # key, state, last touch

    def run(self, rows, faults, now):
        out = []
        for entry in self.state.values():
            if entry[2] is None:
                entry[2] = now  # the first batch is when initial states come in
        for key, value in rows:
            frozen = freeze(key)
            old = self.state.get(frozen)
            try:
                emitted, new = self.func(key, Some(value), Some(old[1]) if old else None)
            except Bad:
                faults.n += 1  # it changes nothing, so it touches nothing
                continue
            if emitted is not None:
                out.append(emitted.value)
            if new is None:
                self.state.pop(frozen, None)
            else:
                self.state[frozen] = [key, new.value, now]
        if self.timeout:
            self.expire(now, faults, out)
        return Rows(out)

    def expire(self, now, faults, out):
        for frozen, (key, value, touched) in list(self.state.items()):
            if touched >= now - self.timeout:
                continue
            try:
                emitted, _ = self.func(key, None, Some(value))
            except Bad:
                faults.n += 1  # the old state stays, and is late again
                continue
            if emitted is not None:
                out.append(emitted.value)
            del self.state[frozen]
