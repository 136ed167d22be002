"""What tidy needs to know of a C file: its tokens without comments and strings, its functions, how deep they nest."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(r"""
      (?P<comment>/\*.*?\*/|//[^\n]*)
    | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"|[uUL]?'(?:\\.|[^'\\\n])*')
    | (?P<word>[A-Za-z_]\w*)
    | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
    | (?P<dots>\.\.\.)
    | (?P<arrow>->)
    | (?P<join>\\\n)
    | (?P<line>\n)
    | (?P<space>[ \t\r\f\v]+)
    | (?P<sign>.)
    """, re.VERBOSE | re.DOTALL)

CLOSES = {"(": ")", "[": "]", "{": "}"}
CONTROL = {"if", "for", "while", "switch"}


@dataclass
class Token:
    kind: str  # word, string, number, sign, ...
    text: str
    line: int


@dataclass
class Function:
    name: str
    line: int        # of its first word
    last_line: int   # of its closing brace; its own line for a prototype
    parameters: int  # not counting ...
    body: list = field(default_factory=list)  # tokens between its braces


@dataclass
class Source:
    tokens: list       # outside of directives
    directives: list   # one list of tokens for each #..., the # left out
    comments: dict     # line -> text of the comment that begins there
    comment_lines: set  # every line that a comment touches


def read_source(text):
    """Splits a file's text; a directive ends at the first line end that no backslash hides."""
    source = Source([], [], {}, set())
    line, directive, fresh = 1, None, True
    for match in TOKEN.finditer(text):
        kind, piece = match.lastgroup, match.group()
        if kind == "comment":
            source.comments[line] = piece
            source.comment_lines.update(range(line, line + piece.count("\n") + 1))
        elif kind == "line":
            directive, fresh = None, True
        elif kind not in ("space", "join"):
            if piece == "#" and fresh:
                directive = []
                source.directives.append((line, directive))
            else:
                (source.tokens if directive is None else directive).append(Token(kind, piece, line))
            fresh = False
        line += piece.count("\n")
    return source


def skip_pair(tokens, at):
    """The index behind the bracket that closes the one at `at`."""
    depth = 0
    while at < len(tokens):
        if tokens[at].text in CLOSES:
            depth += 1
        elif tokens[at].text in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at


def count_parameters(tokens):
    """Of the tokens between a function's parentheses."""
    if not tokens or [token.text for token in tokens] == ["void"]:
        return 0
    depth, count = 0, 1
    for token in tokens:
        if token.text in CLOSES:
            depth += 1
        elif token.text in (")", "]", "}"):
            depth -= 1
        elif token.text == "," and depth == 0:
            count += 1
    return count - (tokens[-1].text == "...")


def find_functions(tokens):
    """Definitions and prototypes at the top level: (definitions, prototypes)."""
    definitions, prototypes = [], []
    at, first, called = 0, 0, None
    while at < len(tokens):
        text = tokens[at].text
        if text == "(" and at > first and tokens[at - 1].kind == "word":
            end = skip_pair(tokens, at)
            if called is None and tokens[at - 1].text != "__attribute__":
                called = Function(tokens[at - 1].text, tokens[first].line, tokens[end - 1].line,
                                  count_parameters(tokens[at + 1:end - 1]))
            at = end
            continue
        if text == "{":
            end = skip_pair(tokens, at)
            if called:
                called.last_line = tokens[end - 1].line
                called.body = tokens[at + 1:end - 1]
                definitions.append(called)
                first, called = end, None
            at = end
            continue
        if text in ("=", "typedef"):  # what follows is a value or a name of a type, not a function
            at = next_semicolon(tokens, at)
            first, called = at, None
            continue
        if text == ";":
            if called:
                prototypes.append(called)
            first, called = at + 1, None
        at += 1
    return definitions, prototypes


def next_semicolon(tokens, at):
    while at < len(tokens) and tokens[at].text != ";":
        at = skip_pair(tokens, at) if tokens[at].text in CLOSES else at + 1
    return at + 1


class Nesting:
    """Walks a function's statements; `deepest` is (level, line) of the innermost one; the body itself is level 0."""

    def __init__(self, body):
        self.tokens = body
        self.deepest = (0, body[0].line if body else 0)
        at = 0
        while at < len(body):
            at = self.statement(at, 0)

    def text(self, at):
        return self.tokens[at].text if at < len(self.tokens) else ""

    def note(self, at, level):
        if level > self.deepest[0] and at < len(self.tokens):
            self.deepest = (level, self.tokens[at].line)

    def block(self, at, level):
        at += 1
        while at < len(self.tokens) and self.text(at) != "}":
            at = self.statement(at, level)
        return at + 1

    def under(self, at, level):
        """The statement that a control word or an else governs."""
        self.note(at, level)
        return self.block(at, level) if self.text(at) == "{" else self.statement(at, level)

    def is_each(self, at):
        """A macro that begins a loop: LIST_EACH(link, head) statement."""
        if not re.fullmatch(r"[A-Z_]*EACH\w*", self.text(at)) or self.text(at + 1) != "(":
            return False
        return self.text(skip_pair(self.tokens, at + 1)) != ";"

    def statement(self, at, level):
        text = self.text(at)
        if text == "{":
            return self.under(at, level + 1)
        if text == "if":
            return self.conditional(at, level)
        if text in CONTROL or self.is_each(at):
            return self.under(skip_pair(self.tokens, at + 1), level + 1)
        if text == "do":
            return next_semicolon(self.tokens, self.under(at + 1, level + 1))
        if text in ("case", "default") or (self.text(at + 1) == ":" and self.tokens[at].kind == "word"):
            while at < len(self.tokens) and self.text(at) != ":":
                at = skip_pair(self.tokens, at) if self.text(at) in CLOSES else at + 1
            return at + 1
        return next_semicolon(self.tokens, at)

    def conditional(self, at, level):
        at = self.under(skip_pair(self.tokens, at + 1), level + 1)
        if self.text(at) != "else":
            return at
        if self.text(at + 1) == "if":  # else if is one more row, not one more level
            return self.conditional(at + 1, level)
        return self.under(at + 1, level + 1)
