/* The plan as a graph: a box for each node, with what the file says of it; the type of its rows on each edge. */
#include <string.h>

#include "cli/explain.h"
#include "column/type.h"
#include "engine/plan.h"
#include "op/memory.h"

#define LINE_POINTS 40 /* of a line of a box or of an edge; a longer one is cut */

struct drawing { /* what a language of graphs has for things */
    const char *head, *foot;
    const char *box[4][2];    /* before and behind the text of a box, by enum plan_kind */
    const char *line;         /* a line break in a text */
    const char *escape[3][2]; /* letters that stand for themselves no more */
};

static const struct drawing dot = {
    .head = "digraph job {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans\"];\n",
    .foot = "}\n",
    .box = { [PLAN_SOURCE] = { " [shape=cds, label=\"", "\"];\n" },
             [PLAN_OP] = { " [label=\"", "\"];\n" },
             [PLAN_GATHER] = { " [style=rounded, label=\"", "\"];\n" },
             [PLAN_OUTPUT] = { " [shape=note, label=\"", "\"];\n" } },
    .line = "\\n",
    .escape = { { "\"", "\\\"" }, { "\\", "\\\\" }, { "\n", " " } },
};
static const struct drawing mermaid = {
    .head = "flowchart LR\n",
    .foot = "",
    .box = { [PLAN_SOURCE] = { "[/\"", "\"/]\n" },
             [PLAN_OP] = { "[\"", "\"]\n" },
             [PLAN_GATHER] = { "(\"", "\")\n" },
             [PLAN_OUTPUT] = { "[\\\"", "\"\\]\n" } },
    .line = "<br>",
    .escape = { { "\"", "#quot;" }, { "<", "#lt;" }, { "\n", " " } },
};

static void put_line(const struct drawing *drawing, const char *text, struct buf *out)
{
    size_t n = 0;
    for (; *text; text++) {
        size_t i = 0;
        n += (*text & 0xc0) != 0x80;
        if (n > LINE_POINTS)
            break;
        while (i < 3 && *drawing->escape[i][0] != *text)
            i++;
        if (i < 3)
            buf_puts(out, drawing->escape[i][1]);
        else
            buf_put(out, text, 1);
    }
    if (*text)
        buf_puts(out, "…");
}

static void put_words(const struct explain *explain, const struct drawing *drawing,
                      const struct plan_node *node, struct buf *out)
{
    const struct job_spec *spec = explain->spec;
    const char *first = node->job ? node->job->name : "union", *second = NULL;
    if (node->kind == PLAN_SOURCE) {
        first = spec->sources[node->index].name;
        second = spec->sources[node->index].kind;
    } else if (node->kind == PLAN_OUTPUT) {
        first = spec->outputs[node->index].label;
        second = spec->outputs[node->index].kind;
    } else if (node->job && node->job->arg) {
        second = job_value_text(explain->arena, node->job->arg);
    }
    put_line(drawing, first, out);
    if (second) {
        buf_puts(out, drawing->line);
        put_line(drawing, second, out);
    }
    if (node->op && node->op->memory) {
        buf_puts(out, drawing->line);
        put_line(drawing, arena_printf(explain->arena, "state %s", node->op->memory->id), out);
    }
}

static void put_edge(const struct explain *explain, const struct drawing *drawing, uint32_t from,
                     uint32_t to, struct buf *out)
{
    const char *type = type_text(explain->arena, explain->plan->nodes[from].type);
    if (drawing == &mermaid)
        buf_printf(out, "  n%u -- \"", from);
    else
        buf_printf(out, "  n%u -> n%u [label=\"", from, to);
    put_line(drawing, type, out);
    if (drawing == &mermaid)
        buf_printf(out, "\" --> n%u\n", to);
    else
        buf_puts(out, "\"];\n");
}

static void draw(const struct explain *explain, const struct drawing *drawing, struct buf *out)
{
    const struct plan *plan = explain->plan;
    buf_puts(out, drawing->head);
    for (uint32_t i = 0; i < plan->n_nodes; i++) {
        buf_printf(out, "  n%u%s", i, drawing->box[plan->nodes[i].kind][0]);
        put_words(explain, drawing, &plan->nodes[i], out);
        buf_puts(out, drawing->box[plan->nodes[i].kind][1]);
    }
    for (uint32_t i = 0; i < plan->n_nodes; i++)
        for (uint32_t k = 0; k < plan->nodes[i].n_edges; k++)
            put_edge(explain, drawing, i, plan->nodes[i].edges[k].to, out);
    buf_puts(out, drawing->foot);
}

void explain_put_dot(const struct explain *explain, struct buf *out)
{
    draw(explain, &dot, out);
}

void explain_put_mermaid(const struct explain *explain, struct buf *out)
{
    draw(explain, &mermaid, out);
}
