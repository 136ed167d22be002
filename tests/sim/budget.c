#include "budget.h"

#include "base/check.h"

#define SLACK_MS 2 /* clocks of two boots are cut to whole milliseconds each for itself */

void budget_add(struct budget *budget, struct budget_end end)
{
    if (budget->n == BUDGET_ENDS_MAX) { /* the oldest is long out of every window here */
        for (unsigned i = 1; i < budget->n; i++)
            budget->ends[i - 1] = budget->ends[i];
        budget->n--;
    }
    budget->ends[budget->n++] = end;
}

void budget_synced(struct budget *budget)
{
    for (unsigned i = 0; i < budget->n; i++)
        if (budget->ends[i].weight == BUDGET_KNOWN)
            budget->ends[i].weight = BUDGET_SURE;
}

void budget_died(struct budget *budget)
{
    for (unsigned i = 0; i < budget->n; i++) {
        if (budget->ends[i].weight == BUDGET_KNOWN)
            budget->ends[i].weight = BUDGET_EITHER;
    }
}

static void end_dated(struct budget_end *end)
{
    end->weight = BUDGET_EITHER;
    end->dated = true;
}

void budget_booted(struct budget *budget, int64_t wall_ms)
{
    for (unsigned i = 0; i < budget->n; i++)
        if (budget->ends[i].wall_ms != wall_ms)
            end_dated(&budget->ends[i]);
}

void budget_wall_set(struct budget *budget, unsigned boot)
{
    for (unsigned i = 0; i < budget->n; i++)
        if (budget->ends[i].boot != boot)
            end_dated(&budget->ends[i]);
}

void budget_renew(struct budget *budget)
{
    for (unsigned i = 0; i < budget->n; i++) {
        budget->ends[i].weight = BUDGET_EITHER;
        budget->ends[i].old = true;
    }
}

void budget_renewed(struct budget *budget)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < budget->n; i++)
        if (!budget->ends[i].old)
            budget->ends[kept++] = budget->ends[i];
    budget->n = kept;
}

/* n = the failures that ended inside the window before this one's end, itself included. */
static bool fails_at(const struct budget *budget, unsigned last, bool perhaps)
{
    const struct budget_end *now = &budget->ends[last];
    int64_t n = 0;
    if (now->weight == BUDGET_EITHER && !perhaps)
        return false;
    for (unsigned i = 0; i <= last; i++) {
        const struct budget_end *end = &budget->ends[i];
        int64_t slack = end->boot == now->boot ? 0 : perhaps ? SLACK_MS : -SLACK_MS;
        bool inside = budget->window_ms == 0 || end->dated || now->dated ||
                      end->at_ms >= now->at_ms - budget->window_ms - slack;
        n += inside && (perhaps || end->weight != BUDGET_EITHER);
    }
    return n >= budget->max;
}

static bool fails(const struct budget *budget, bool perhaps)
{
    for (unsigned i = 0; i < budget->n; i++)
        if (fails_at(budget, i, perhaps))
            return true;
    return false;
}

bool budget_must_fail(const struct budget *budget)
{
    return fails(budget, false);
}

bool budget_may_fail(const struct budget *budget)
{
    return fails(budget, true);
}
