#include "parts.h"

void sim_kafkas_heal(struct sim *sim)
{
    (void)sim;
}
void sim_kafkas_bury(struct sim_process *process)
{
    (void)process;
}
void sim_kafkas_free(struct sim *sim)
{
    (void)sim;
}
