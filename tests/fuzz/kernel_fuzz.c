/* Typed programs made of bytes, on rows that they choose: whatever is computed is the same in any chunks. */
#include "fuzz.h"

void kernel_fuzz(const uint8_t *data, size_t size);

/* i Int, d Double, b Bool, s String, I List[Int], S List[String], o Option[Int], O Option[String], p (String, Int), P List of
 * those. %x stands for an expression of type x, %=x for a function's parameter of that type. */
static const struct form {
    char of;
    const char *text;
} forms[] = {
    { 'i', "r.i" },
    { 'i', "7" },
    { 'i', "-1" },
    { 'i', "9223372036854775807" },
    { 'i', "(%i + %i)" },
    { 'i', "(%i - %i)" },
    { 'i', "(%i * %i)" },
    { 'i', "(%i / %i)" },
    { 'i', "(%i % %i)" },
    { 'i', "(-%i)" },
    { 'i', "(%i).abs" },
    { 'i', "(%d).toInt" },
    { 'i', "(%d).round" },
    { 'i', "(%i).min(%i)" },
    { 'i', "(%i).max(%i)" },
    { 'i', "(%s).toInt" },
    { 'i', "(%s).length" },
    { 'i', "(%s).indexOf(%s)" },
    { 'i', "(%s).hash" },
    { 'i', "(%o).getOrElse(%i)" },
    { 'i', "(if (%b) %i else %i)" },
    { 'i', "(%I).sum" },
    { 'i', "(%I).size" },
    { 'i', "(%I).head" },
    { 'i', "(%I).min" },
    { 'i', "(%I)(%i)" },
    { 'i', "(%P).map((_, %=i) => %i).last" },
    { 'i', "(%p)._2" },
    { 'd', "r.d" },
    { 'd', "0.5" },
    { 'd', "(%d + %d)" },
    { 'd', "(%d * %i)" },
    { 'd', "(%i / %d)" },
    { 'd', "(%d % %d)" },
    { 'd', "(-%d).abs" },
    { 'd', "(%i).toDouble" },
    { 'd', "(%s).toDouble" },
    { 'd', "(%d).max(%i)" },
    { 'd', "(%I).map(%=i => %d).sum" },
    { 'd', "(if (%b) %i else %d)" },
    { 'b', "r.b" },
    { 'b', "true" },
    { 'b', "!%b" },
    { 'b', "(%b && %b)" },
    { 'b', "(%b || %b)" },
    { 'b', "(%i < %i)" },
    { 'b', "(%d >= %i)" },
    { 'b', "(%s == %s)" },
    { 'b', "(%s < %s)" },
    { 'b', "(%p <= %p)" },
    { 'b', "(%I == %I)" },
    { 'b', "(%o != %o)" },
    { 'b', "(%s).contains(%s)" },
    { 'b', "(%s).startsWith(%s)" },
    { 'b', "(%S).contains(%s)" },
    { 'b', "(%O).isDefined" },
    { 'b', "(%o).isEmpty" },
    { 'b', "(%s).matches(\"[a-z]*\")" },
    { 's', "r.s" },
    { 's', "\"\"" },
    { 's', "\"é,\"" },
    { 's', "(%s + %s)" },
    { 's', "(%s).toUpperCase" },
    { 's', "(%s).trim" },
    { 's', "(%s).substring(%i)" },
    { 's', "(%s).substring(%i, %i)" },
    { 's', "(%s).replace(%s, %s)" },
    { 's', "(%i).toString" },
    { 's', "(%d).toString" },
    { 's', "(%b).toString" },
    { 's', "(%S).mkString(%s)" },
    { 's', "(%I).mkString" },
    { 's', "(%S).max" },
    { 's', "(%O).getOrElse(%s)" },
    { 's', "(if (%b) %s else %s)" },
    { 's', "(%p)._1" },
    { 'I', "r.l" },
    { 'I', "[%i, %i]" },
    { 'I', "(%I + %I)" },
    { 'I', "(%I).map(%=i => %i)" },
    { 'I', "(%S).map(%=s => %i)" },
    { 'I', "(%I).filter(%=i => %b)" },
    { 'I', "(%S).flatMap(%=s => %I)" },
    { 'I', "(%I).sorted" },
    { 'I', "(%I).distinct" },
    { 'I', "(if (%b) [] else %I)" },
    { 'S', "r.t" },
    { 'S', "[%s]" },
    { 'S', "(%s).split(\",\")" },
    { 'S', "(%s).split(%s)" },
    { 'S', "(%s).split(regex(\"[ ,]*\"))" },
    { 'S', "(%s).words" },
    { 'S', "(%s).csv" },
    { 'S', "(%s).extract(\"(.)(.)\")" },
    { 'S', "(%S).map(%=s => %s)" },
    { 'S', "(%I).map(%=i => %s)" },
    { 'S', "(%S).filter(%=s => %b)" },
    { 'S', "(%P).map((%=s, _) => %s)" },
    { 'S', "(%S).distinct.sorted" },
    { 'S', "(%O).map(%=s => %S).getOrElse([])" },
    { 'o', "r.o" },
    { 'o', "(if (%b) None else %i)" },
    { 'o', "(%o).map(%=i => %i)" },
    { 'o', "(%O).map(%=s => %i)" },
    { 'o', "(%s).json.asInt" },
    { 'o', "(%s).json(%s).asInt" },
    { 'O', "(if (%b) %s else None)" },
    { 'O', "(%o).map(%=i => %s)" },
    { 'O', "(%s).json.a.asString" },
    { 'p', "(%s, %i)" },
    { 'p', "(%P).head" },
    { 'p', "(if (%b) %p else %p)" },
    { 'P', "(%I).map(%=i => %p)" },
    { 'P', "(%P).filter((%=s, %=i) => %b)" },
    { 'P', "[%p, %p]" },
};

static const char rows[] =
    "[{i: 0, d: 0.0, b: true, s: \"\", l: [], t: [], o: if (true) None else 1},"
    " {i: 1, d: 1.5, b: false, s: \"a,b\", l: [1], t: [\"\"], o: 1},"
    " {i: -3, d: -0.5, b: true, s: \"é x\", l: [3, 1, 2], t: [\"b\", \"a\", \"b\"], o: None},"
    " {i: 12, d: 1e300, b: false, s: \"12\", l: [0, 0], t: [\"12\", \"é\"], o: 7},"
    " {i: 9223372036854775807, d: -1e300, b: true, s: \"{\\\"a\\\":\\\"q\\\"}\", l: "
    "[-9223372036854775808, 5], t: [\"x y\"], o: 0},"
    " {i: -9223372036854775808, d: 0.1, b: false, s: \"a long text of more than 16 bytes, "
    "aaaaaaaaaaaaaaaaa\", l: [1, 1, 1, 1],"
    " t: [\"a long text of more than 16 bytes\"], o: -1},"
    " {i: 2, d: 2.0, b: true, s: \"日本 😀\", l: [], t: [\"日\", \"\"], o: None},"
    " {i: 63, d: 4.25, b: false, s: \" trim\\t\", l: [7], t: [], o: 9}]";

#define NAMES_MAX 24
struct making {
    struct fuzz_input input;
    struct buf text;
    char names[NAMES_MAX]; /* types of the parameters that are good here: x0, x1, … */
    uint32_t n;
};

static void put(struct making *making, char of, uint32_t depth);

static void put_parameter(struct making *making, char of)
{
    if (making->n < NAMES_MAX)
        making->names[making->n++] = of;
    buf_printf(&making->text, "x%u", making->n - 1);
}

static void put_form(struct making *making, const char *form, uint32_t depth)
{
    uint32_t outside = making->n;
    for (; *form; form++) {
        bool is_place = form[0] == '%' && form[1] && !strchr(" ", form[1]);
        if (is_place && form[1] == '=') {
            put_parameter(making, form[2]);
            form += 2;
        } else if (is_place) {
            put(making, form[1], depth);
            form++;
        } else {
            buf_put_u8(&making->text, (uint8_t)*form);
        }
    }
    making->n = outside;
}

/* An expression of a type: a parameter, or a form, of which the first of a type goes no deeper. */
static void put(struct making *making, char of, uint32_t depth)
{
    uint32_t fits[ARRAY_SIZE(forms)], n = 0, choice = fuzz_byte(&making->input);
    if (making->n && choice >= 192 && making->names[choice % making->n] == of) {
        buf_printf(&making->text, "x%u", choice % making->n);
        return;
    }
    for (uint32_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (forms[i].of == of)
            fits[n++] = i;
    uint32_t flat = 0;
    while (flat < n && !strchr(forms[fits[flat]].text, '%'))
        flat++;
    const char *leaf = flat        ? forms[fits[choice % flat]].text
                       : of == 'O' ? "(if (r.b) r.s else None)"
                       : of == 'p' ? "(r.s, r.i)"
                                   : "[(r.s, r.i)]";
    bool ends = !depth || making->input.at >= making->input.end || making->text.len > 600;
    put_form(making, ends ? leaf : forms[fits[choice % n]].text, depth ? depth - 1 : 0);
}

void kernel_fuzz(const uint8_t *data, size_t size)
{
    static const char kinds[] = "idbsISoOpP";
    struct making making = { .input = { data, data + size } };
    struct fuzz_expr expr;
    uint32_t at[9], n = 1 + fuzz_pick(&making.input, ARRAY_SIZE(at));
    fuzz_expr_begin(&expr);
    struct column all = fuzz_expr_rows(&expr, rows), some;
    for (uint32_t i = 0; i < n; i++)
        at[i] = fuzz_pick(&making.input, all.n);
    column_gather(&expr.arena, &all, (struct sel){ at, n }, &some);
    buf_puts(&making.text, "r => ");
    put(&making, kinds[fuzz_pick(&making.input, sizeof kinds - 1)], 7);
    if (fuzz_expr_compile(&expr, buf_slice(&making.text), some.type, 1))
        fuzz_expr_run(&expr, &some);
    else
        check(making.n == 0 && (diag_errors(&expr.diags) > 0));
    buf_free(&making.text);
    fuzz_expr_end(&expr);
}
