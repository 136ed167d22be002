/* Typing of operators. */
#pragma once
#include "expr/typing.h"

/* -a, !a, a op b; NULL after a finding. */
struct term *typing_unary(struct checker *checker, const struct node *node);
struct term *typing_binary(struct checker *checker, const struct node *node);
