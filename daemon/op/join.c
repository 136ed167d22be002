#include "op/join.h"

#include "column/codec.h"
#include "op/group.h"
#include "op/shared.h"

#define JOIN_NONE UINT32_MAX /* no value of this side */

/* ---- building */

static bool join_fits(const struct op_input *input)
{
    const struct type *other = input->other[0];
    const struct yaml_node *name = input->job->with[0];
    if (!op_needs_keys(input))
        return false;
    if (!op_is_pair(other)) {
        struct diag *diag = diag_add(input->diags, yaml_place(name), 230,
                                     "%s needs pairs (K, V), but '%s' is a stream of %s",
                                     input->job->name, name->text, type_text(input->arena, other));
        diag_help(input->diags, diag, "%s", op_pairs_help(other));
        return false;
    }
    if (other->member[0] == input->type->member[0])
        return true;
    struct diag *diag =
        diag_add(input->diags, yaml_place(input->job->node), 230,
                 "%s needs keys of one type, but here is a stream of %s and '%s' is one of %s",
                 input->job->name, type_text(input->arena, input->type), name->text,
                 type_text(input->arena, other));
    diag_help(input->diags, diag, "map one of them to the other's type");
    return false;
}

static const struct type *join_side(struct types *types, const struct type *value, bool may_lack)
{
    return may_lack ? type_option(types, value) : value;
}

static bool join_build(struct op *op, const struct op_input *input)
{
    struct types *types = input->types;
    if (!join_fits(input))
        return false;
    bool full = op->kind == &op_full_outer_join;
    op->lacks_left = full || op->kind == &op_right_outer_join;
    op->lacks_right = full || op->kind == &op_left_outer_join;
    const struct type *left = join_side(types, op->in->member[1], op->lacks_left);
    const struct type *right = join_side(types, input->other[0]->member[1], op->lacks_right);
    op->out = type_pair(types, op->in->member[0], type_pair(types, left, right));
    return true;
}

static bool cogroup_build(struct op *op, const struct op_input *input)
{
    struct types *types = input->types;
    if (!join_fits(input))
        return false;
    const struct type *left = type_list(types, op->in->member[1]);
    const struct type *right = type_list(types, input->other[0]->member[1]);
    op->out = type_pair(types, op->in->member[0], type_pair(types, left, right));
    return true;
}

/* ---- at the cut */

static void join_meet(struct gather *left, struct gather *right)
{
    group_of(left)->right = group_of(right);
}

struct match { /* rows of the result: which value of each side stands in them */
    uint32_t n;
    uint32_t *entry, *left, *right;
};

/* Up to GATHER_ROWS of them, in order. */
static void join_match(const struct group *group, struct give *give, struct match *match)
{
    const struct op *op = group->head.op;
    uint32_t count = group->keyed.n;
    while (match->n < GATHER_ROWS && give->entry < count) {
        uint32_t entry = give->entry, n_left = group_size(group, entry);
        uint32_t n_right = group_size(group->right, entry);
        uint64_t columns = n_right ? n_right : op->lacks_right;
        uint64_t all = (n_left ? n_left : op->lacks_left) * columns;
        for (; give->at < all && match->n < GATHER_ROWS; give->at++, match->n++) {
            uint64_t l = group->start[entry] + give->at / columns;
            uint64_t r = group->right->start[entry] + give->at % columns;
            match->entry[match->n] = entry;
            match->left[match->n] = n_left ? group->order[l] : JOIN_NONE;
            match->right[match->n] = n_right ? group->right->order[r] : JOIN_NONE;
        }
        if (give->at == all)
            *give = (struct give){ .entry = entry + 1 };
    }
}

/* Values, by their numbers, as a column of an Option. */
static void join_options(const struct group *group, const uint32_t *value, uint32_t n,
                         struct arena *arena, struct column *out)
{
    const struct type *of = out->type->member[0];
    struct slice *slices = arena_alloc(arena, n * sizeof *slices);
    uint32_t *at = arena_alloc(arena, n * sizeof *at), m = 0;
    struct column there;
    column_alloc(arena, out->type, n, out);
    for (uint32_t i = 0; i < n; i++) {
        out->valid[i] = value[i] != JOIN_NONE;
        at[i] = out->valid[i] ? m : 0;
        if (out->valid[i])
            slices[m++] = group_value(group, value[i]);
    }
    if (m)
        codec_get(arena, of, slices, m, &there);
    else
        column_zero(arena, of, &there);
    column_gather(arena, &there, (struct sel){ at, n }, &out->child[0]);
}

static void join_values(const struct group *group, const uint32_t *value, uint32_t n,
                        struct arena *arena, struct column *out)
{
    struct slice *slices = arena_alloc(arena, n * sizeof *slices);
    for (uint32_t i = 0; i < n; i++)
        slices[i] = group_value(group, value[i]);
    codec_get(arena, out->type, slices, n, out);
}

/* The rows (key, (left, right)) of these three columns. */
static void join_rows(const struct type *type, struct arena *arena, const struct column *three,
                      struct rows *rows)
{
    struct column *member = arena_alloc(arena, 4 * sizeof *member);
    uint32_t n = rows->n;
    member[0] = three[0];
    member[1] =
        (struct column){ .type = type->member[1], .n = n, .n_child = 2, .child = member + 2 };
    member[2] = three[1];
    member[3] = three[2];
    rows->column = (struct column){ .type = type, .n = n, .n_child = 2, .child = member };
}

static bool join_give(const struct gather *gather, struct give *give, const struct op_run *run,
                      struct rows *rows)
{
    const struct group *group = (const void *)gather;
    const struct op *op = gather->op;
    const struct type *pair = op->out->member[1];
    uint32_t number[3][GATHER_ROWS];
    struct match match = { 0, number[0], number[1], number[2] };
    struct column three[3] = { { 0 }, { .type = pair->member[0] }, { .type = pair->member[1] } };
    join_match(group, give, &match);
    if (!match.n)
        return false;
    keyed_keys(&group->keyed, op->out->member[0], (struct sel){ match.entry, match.n }, run->arena,
               &three[0]);
    (op->lacks_left ? join_options : join_values)(group, match.left, match.n, run->arena,
                                                  &three[1]);
    (op->lacks_right ? join_options : join_values)(group->right, match.right, match.n, run->arena,
                                                   &three[2]);
    *rows = rows_of(match.n);
    join_rows(op->out, run->arena, three, rows);
    return true;
}

static bool cogroup_give(const struct gather *gather, struct give *give, const struct op_run *run,
                         struct rows *rows)
{
    const struct group *group = (const void *)gather;
    const struct type *type = gather->op->out;
    struct group_span span;
    struct column three[3];
    if (!group_next(group, give, run->arena, &span))
        return false;
    group_keys(group, &span, type->member[0], &three[0]);
    group_lists(group, &span, type->member[1]->member[0], &three[1]);
    group_lists(group->right, &span, type->member[1]->member[1], &three[2]);
    *rows = rows_of(span.to - span.from);
    join_rows(type, run->arena, three, rows);
    return true;
}

static const struct gather_ops join_gather = { GROUP_GATHER, .meet = join_meet, .give = join_give };
static const struct gather_ops cogroup_gather = { GROUP_GATHER, .meet = join_meet,
                                                  .give = cogroup_give };

const struct op_kind op_join = { .name = "join",
                                 .arg = OP_ARG_NEEDED,
                                 .build = join_build,
                                 .gather = &join_gather };
const struct op_kind op_left_outer_join = { .name = "leftOuterJoin",
                                            .arg = OP_ARG_NEEDED,
                                            .build = join_build,
                                            .gather = &join_gather };
const struct op_kind op_right_outer_join = { .name = "rightOuterJoin",
                                             .arg = OP_ARG_NEEDED,
                                             .build = join_build,
                                             .gather = &join_gather };
const struct op_kind op_full_outer_join = { .name = "fullOuterJoin",
                                            .arg = OP_ARG_NEEDED,
                                            .build = join_build,
                                            .gather = &join_gather };
const struct op_kind op_cogroup = { .name = "cogroup",
                                    .arg = OP_ARG_NEEDED,
                                    .build = cogroup_build,
                                    .gather = &cogroup_gather };
