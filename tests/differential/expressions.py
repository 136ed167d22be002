"""Random expressions of the job language, each with its text and a function that computes it."""
import json
import math

from methods import METHODS
from values import (BOOL, BYTES, CLOCK, DOUBLE, INT, JSON, NOTHING, STRING, TIME, Bad, Some, Unspecified, converter, is_ordered,
                    kind, list_of, members, option, parts, rank, sized, tuple_of, unify, whole)

IF, OR, AND, EQUAL, LESS, ADD, MUL, UNARY, POSTFIX = range(9)  # precedence
WORDS = ("a", "b", "ab", "", "x y", "é", "日本", "😀", "7", "-3", "k=v", "it's", "tab\there", "A", "q\"q", "back\\slash", " 1", "+1", "1e3", "NaN", "-inf")
EXTREMES = (("(0.0 / 0)", math.nan), ("(0.0 / 0)", math.nan), ("(0.0 * -1)", -0.0), ("0.0", 0.0), ("(1.0 / 0)", math.inf), ("(-1.0 / 0)", -math.inf), ("(0.0 * -1)", -0.0), ("1e308", 1e308),
            ("5e-324", 5e-324), ("9007199254740993.0", 9007199254740993.0), ("1e16", 1e16), ("0.1", 0.1))
FITTING = {}  # methods that give a type, as they are asked for
NAMES = ("x", "y", "z", "key", "value", "acc")


class Expr:
    """`run(env)` computes it; env maps the numbers of variables to their values."""
    __slots__ = ("type", "text", "level", "run")

    def __init__(self, of, text, run, level=POSTFIX):
        self.type, self.text, self.run, self.level = of, text, run, level

    def at(self, level):
        """Its text where nothing that binds less than `level` may stand."""
        return self.text if self.level >= level else f"({self.text})"

    def to(self, of):
        """The same, as a value of a type that this one will do for; the text stays."""
        convert = converter(self.type, of)
        run = self.run
        return Expr(of, self.text, (lambda env: convert(run(env))) if convert else run, self.level)


class Scope:
    """The names that are good in one place. `hole`: this is what _ means; then `names` has none."""

    def __init__(self, outer=None, names=(), hole=None):
        self.names = dict(outer.names) if outer else {}
        for name, number, of in names:
            self.names[name] = (number, of)
        self.hole = hole

    def variables(self):
        if self.hole:
            yield "_", *self.hole
        for name, (number, of) in self.names.items():
            yield name, number, of


def literal_text(text):
    return json.dumps(text, ensure_ascii=False)


class Language:
    """Draws expressions of a wanted type; `used` counts what was drawn."""

    def __init__(self, random, used):
        self.random, self.used, self.number = random, used, 0
        self.scope = Scope()

    # ---- parts

    def fresh(self):
        self.number += 1
        return self.number

    def pick(self, items):
        return items[int(self.random.random() * len(items))]

    def chance(self, share):
        return self.random.random() < share

    def paths(self, of):
        """Variables, their fields and members that have this type."""
        found = []

        def walk(text, run, has, depth):
            if has == of:
                found.append(Expr(of, text, run))
            if depth and kind(has) in ("Tuple", "Record"):
                names = [f"_{i + 1}" for i in range(len(has[1]))] if has[0] == "Tuple" else [name for name, _ in has[1]]
                for i, (name, member) in enumerate(zip(names, members(has))):
                    walk(f"{text}.{name}", lambda env, i=i, run=run: run(env)[i], member, depth - 1)
        if of == TIME:
            found.append(Expr(of, "batchTime", lambda env: CLOCK[0]))
        for name, number, has in self.scope.variables():
            walk(name, lambda env, number=number: env[number], has, 3)
        return found

    def literal(self, of):
        random = self.random
        if of == INT:
            value = self.pick((0, 1, 2, 3, -1, 10, random.randrange(-99, 100), random.randrange(-99, 100)))
            if self.chance(0.02):
                value = self.pick((9223372036854775807, -9223372036854775808, 4611686018427387904))
            return Expr(of, str(value), lambda env: value, POSTFIX if value >= 0 else UNARY)
        if of == DOUBLE and self.chance(0.25):
            text, extreme = self.pick(EXTREMES)
            return Expr(of, text, lambda env: extreme)
        if of == DOUBLE:
            value = random.randrange(-40, 40) / 4
            return Expr(of, repr(value), lambda env: value, POSTFIX if not repr(value).startswith("-") else UNARY)
        if of == BOOL:
            value = self.chance(0.5)
            return Expr(of, "true" if value else "false", lambda env: value)
        if of == STRING:
            value = self.pick(WORDS)
            return Expr(of, literal_text(value), lambda env: value)
        if of in (TIME, JSON, BYTES) or kind(of) == "Map":
            return None
        if kind(of) == "Option":
            inner = self.literal(of[1])
            if not inner:
                return None
            return self.branch(of, Expr(NOTHING, "None", lambda env: None), inner, 0)
        if kind(of) == "List":
            items = [self.literal(of[1]) for _ in range(random.randrange(1, 4))]
            return self.list_literal(of, items) if items[0] else None
        items = [self.literal(member) for member in members(of)]
        return self.product(of, items) if all(items) else None

    def list_literal(self, of, items):
        runs = [item.to(of[1]).run for item in items]
        both = NOTHING
        for item in items:
            both = unify(both, item.type)
        if both != of[1]:
            return None
        return Expr(of, "[" + ", ".join(item.text for item in items) + "]", lambda env: [run(env) for run in runs])

    def product(self, of, items):
        """A tuple or record literal."""
        runs = [item.run for item in items]
        if of[0] == "Tuple":
            text = "(" + ", ".join(item.text for item in items) + ")"
        else:
            text = "{" + ", ".join(f"{name}: {item.text}" for (name, _), item in zip(of[1], items)) + "}"
        return Expr(of, text, lambda env: tuple(run(env) for run in runs))

    def branch(self, of, left, right, depth):
        """if (…) left else right, in either order, if that has the type."""
        if self.chance(0.5):
            left, right = right, left
        have = unify(left.type if left.type != NOTHING else NOTHING, right.type)
        if left.text == "None":
            have = right.type if kind(right.type) == "Option" else option(right.type)
        elif right.text == "None":
            have = left.type if kind(left.type) == "Option" else option(left.type)
        if have != of:
            return None
        test, yes, no = self.expr(BOOL, depth), as_option(left, of), as_option(right, of)
        self.used["if"] += 1
        run_test, run_yes, run_no = test.run, yes.run, no.run
        return Expr(of, f"if ({test.text}) {left.text} else {right.text}",
                    lambda env: run_yes(env) if run_test(env) else run_no(env), IF)

    # ---- whole expressions

    def expr(self, of, depth):
        """An expression of exactly this type; raises Unspecified where none comes to mind."""
        for _ in range(8):
            try:
                made = self.draw(of, depth)
            except Unspecified:
                continue
            if made:
                if self.chance(0.03) and made.level < POSTFIX:
                    made = Expr(made.type, f"({made.text})", made.run)
                return made
        made = self.path(of) or self.literal(of)
        if made:
            return made
        raise Unspecified(f"no expression of type {of}")

    def path(self, of):
        paths = self.paths(of)
        return self.pick(paths) if paths else None

    def draw(self, of, depth):
        roll = self.random.random()
        if depth <= 0 or roll < 0.2:
            return self.draw_leaf(of)
        if roll < 0.27:
            return self.draw_if(of, depth - 1)
        if roll < 0.35:
            return self.draw_or_else(of, depth - 1)
        if kind(of) in ("Tuple", "Record") and roll < 0.8:
            items = [self.expr(member, depth - 1) for member in members(of)]
            return self.product(of, items)
        if kind(of) == "List" and roll < 0.45:
            return self.list_literal(of, [self.expr(of[1], depth - 1) for _ in range(self.random.randrange(1, 4))])
        if of == BOOL and roll < 0.65:
            return self.draw_bool(depth - 1)
        if of in (INT, DOUBLE) and roll < 0.6:
            return self.draw_number(of, depth - 1)
        if (of == STRING or kind(of) == "List") and roll < 0.55:
            left, right = self.expr(of, depth - 1), self.expr(of, depth - 1)
            return self.binary("+", of, left, right, lambda a, b: sized(a + b))
        return self.draw_method(of, depth - 1)

    def draw_leaf(self, of):
        """A path; without one, a literal, where it can be one that hangs on a path."""
        if self.chance(0.85):
            path = self.path(of)
            if path:
                return path
            if of == BOOL:
                return self.draw_test() or self.literal(of)
            if kind(of) == "Option" and self.path(of[1]):
                return self.branch(of, Expr(NOTHING, "None", lambda env: None), self.path(of[1]), 0)
        return self.literal(of) or self.path(of)

    def draw_test(self):
        """A path compared with a literal."""
        of = self.pick((INT, STRING, DOUBLE))
        left = self.path(of)
        if not left:
            return None
        sign = self.pick(tuple(COMPARES))
        return self.binary(sign, BOOL, left, self.literal(of), COMPARES[sign], EQUAL if sign in ("==", "!=") else LESS, of)

    def draw_if(self, of, depth):
        if kind(of) == "Option" and self.chance(0.6):
            return self.branch(of, Expr(NOTHING, "None", lambda env: None), self.expr(of[1], depth), depth)
        left, right = self.expr(of, depth), self.expr(of, depth)
        if of == DOUBLE and self.chance(0.2):
            left = self.expr(INT, depth)
        if kind(of) == "Option" and self.chance(0.3):
            left = self.expr(of[1], depth)
        return self.branch(of, left, right, depth)

    def draw_or_else(self, of, depth):
        if kind(of) == "Option":
            return None
        have, other = self.expr(option(of), depth), self.expr(of, depth)
        self.used["Option.getOrElse"] += 1
        run, run_other = have.run, other.run

        def compute(env):
            value = run(env)
            return run_other(env) if value is None else value.value
        return Expr(of, f"{have.at(POSTFIX)}.getOrElse({other.text})", compute)

    def binary(self, sign, of, left, right, func, level=ADD, compared=None):
        """left sign right; `compared`: the type that both sides become first."""
        self.used[sign] += 1
        a, b = (left.to(compared).run, right.to(compared).run) if compared else (left.run, right.run)
        return Expr(of, f"{left.at(level)} {sign} {right.at(level + 1)}", lambda env: func(a(env), b(env)), level)

    def draw_number(self, of, depth):
        if self.chance(0.1):
            inner = self.expr(of, depth)
            self.used["unary -"] += 1
            run = inner.run
            if inner.text.startswith("9223372036854775808"):
                return None
            return Expr(of, "-" + inner.at(UNARY), (lambda env: whole(-run(env))) if of == INT else lambda env: -run(env), UNARY)
        sign = self.pick("++--**/%")
        left, right = self.expr(of, depth), self.expr(of, depth)
        if of == DOUBLE and self.chance(0.3):
            right = self.expr(INT, depth)
        func = (INT_SIGNS if of == INT else DOUBLE_SIGNS)[sign]
        return self.binary(sign, of, left, right, func, ADD if sign in "+-" else MUL, of)

    def scalar(self):
        return self.pick((INT, INT, STRING, STRING, BOOL, DOUBLE))

    def draw_bool(self, depth):
        roll = self.random.random()
        if roll < 0.15:
            inner = self.expr(BOOL, depth)
            self.used["!"] += 1
            run = inner.run
            return Expr(BOOL, "!" + inner.at(UNARY), lambda env: not run(env), UNARY)
        if roll < 0.4:
            left, right = self.expr(BOOL, depth), self.expr(BOOL, depth)
            a, b = left.run, right.run
            if self.chance(0.5):
                self.used["&&"] += 1
                return Expr(BOOL, f"{left.at(AND)} && {right.at(AND + 1)}", lambda env: a(env) and b(env), AND)
            self.used["||"] += 1
            return Expr(BOOL, f"{left.at(OR)} || {right.at(OR + 1)}", lambda env: a(env) or b(env), OR)
        if roll < 0.5 and JSON in [part for _, _, has in self.scope.variables() for part in parts(has)]:
            return self.draw_json_equal(depth)
        of = self.scalar()
        if self.chance(0.25):
            of = self.pick((tuple_of(of, INT), list_of(of), option(of), tuple_of(STRING, of), TIME, BYTES))
        left, right = self.expr(of, depth), self.expr(of, depth)
        if of == DOUBLE and self.chance(0.3):
            left = self.pick((self.expr(INT, depth), right))  # a NaN is not even itself
        sign = self.pick(("==", "!=", "<", "<=", ">", ">=") if is_ordered(of) else ("==", "!="))
        level = EQUAL if sign in ("==", "!=") else LESS
        return self.binary(sign, BOOL, left, right, COMPARES[sign], level, of)

    def draw_json_equal(self, depth):
        has = self.pick((JSON, option(JSON)))
        of, left = self.scalar(), self.expr(has, depth)
        right = self.expr(of, min(depth, 1))
        left_run = left.run if has != JSON else lambda env: Some(left.run(env))
        right_run, want = right.run, {INT: (int, float), DOUBLE: (int, float), STRING: (str,), BOOL: (bool,)}[of]
        negate = self.chance(0.4)
        self.used["Json !=" if negate else "Json =="] += 1

        def compute(env):
            value, other = left_run(env), right_run(env)
            fits = value is not None and type(value.value) in want
            if fits and type(value.value) is float and of == INT and value.value == int(value.value):
                raise Unspecified("is 1.0 in a Json the Int 1?")
            return (fits and value.value == other) != negate
        sign = "!=" if negate else "=="
        if self.chance(0.3):
            return Expr(BOOL, f"{right.at(EQUAL)} {sign} {left.at(EQUAL + 1)}", compute, EQUAL)
        return Expr(BOOL, f"{left.at(EQUAL)} {sign} {right.at(EQUAL + 1)}", compute, EQUAL)

    # ---- methods

    def draw_method(self, of, depth):
        fitting = FITTING.get(of)
        if fitting is None:
            fitting = FITTING[of] = [row for row in METHODS if row.gives(of)]
        row = self.pick(fitting) if fitting else None
        return row.draw(self, of, depth) if row else None

    def call(self, name, of, self_expr, args, func, owner):
        """self.name(args); func takes their values."""
        self.used[f"{owner}.{name}"] += 1
        run, runs = self_expr.run, [arg.run for arg in args]
        inside = "(" + ", ".join(arg.text for arg in args) + ")" if args else ""
        if name == "()" and self_expr.text.endswith((".csv", ".mkString")):
            self_expr = Expr(self_expr.type, f"({self_expr.text})", run)
        text = f"{self_expr.at(POSTFIX)}{inside}" if name == "()" else f"{self_expr.at(POSTFIX)}.{name}{inside}"
        if not runs:
            return Expr(of, text, lambda env: func(run(env)))
        if len(runs) == 1:
            only = runs[0]
            return Expr(of, text, lambda env: func(run(env), only(env)))
        return Expr(of, text, lambda env: func(run(env), *[one(env) for one in runs]))

    def function(self, param, wanted, depth):
        """(text, run(env, value)) of a function of one argument; `wanted(param type)` draws its body."""
        outer, number = self.scope, self.fresh()
        try:
            if self.chance(0.5):
                self.scope = Scope(outer, hole=(number, param))
                body = wanted()
                return body.text, body.type, lambda env, value: body.run({**env, number: value})
            if kind(param) == "Tuple" and len(param[1]) > 1 and self.chance(0.6):
                return self.pattern(outer, param, wanted)
            name = self.pick(NAMES)
            self.scope = Scope(outer, [(name, number, param)])
            body = wanted()
            head = name if self.chance(0.8) else f"({name})"
            return f"{head} => {body.text}", body.type, lambda env, value: body.run({**env, number: value})
        finally:
            self.scope = outer

    def pattern(self, outer, param, wanted):
        """(a, b) => … where the one argument is a tuple."""
        names = self.random.sample(NAMES, len(param[1])) if len(param[1]) <= len(NAMES) else None
        if not names:
            return None
        numbers = [self.fresh() for _ in names]
        self.scope = Scope(outer, zip(names, numbers, param[1]))
        body = wanted()
        return (f"({', '.join(names)}) => {body.text}", body.type,
                lambda env, value: body.run({**env, **dict(zip(numbers, value))}))

    def named(self, params, wanted):
        """(text, type, func(*values)) of a function of several arguments."""
        names = self.random.sample(NAMES, len(params))
        numbers = [self.fresh() for _ in params]
        outer, self.scope = self.scope, Scope(None, zip(names, numbers, params))
        try:
            body = wanted()
        finally:
            self.scope = outer
        return (f"({', '.join(names)}) => {body.text}", body.type, lambda *values: body.run(dict(zip(numbers, values))))


def as_option(one, of):
    """One branch of an if as the type of both; None has no type of its own."""
    return Expr(of, one.text, one.run) if one.text == "None" else one.to(of)


def divide(a, b):
    if b == 0:
        raise Bad("division by zero")
    return whole(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))


def remainder(a, b):
    if b == 0:
        raise Bad("division by zero")
    return abs(a) % abs(b) * (-1 if a < 0 else 1)


def double_divide(a, b):  # IEEE 754
    if b != 0:
        return a / b
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)


def double_remainder(a, b):
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)


def equal(a, b):
    """IEEE 754's; inside tuples and the like a NaN is one value."""
    return a == b if isinstance(a, float) else rank(a) == rank(b)


def before(a, b, or_equal=False):
    if isinstance(a, float):
        return a <= b if or_equal else a < b
    return rank(a) <= rank(b) if or_equal else rank(a) < rank(b)


INT_SIGNS = {"+": lambda a, b: whole(a + b), "-": lambda a, b: whole(a - b), "*": lambda a, b: whole(a * b), "/": divide,
             "%": remainder}
DOUBLE_SIGNS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": double_divide,
                "%": double_remainder}
COMPARES = {"==": equal, "!=": lambda a, b: not equal(a, b), "<": before, "<=": lambda a, b: before(a, b, True),
            ">": lambda a, b: before(b, a), ">=": lambda a, b: before(b, a, True)}
