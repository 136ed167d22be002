/* What the machine's own files share. */
#pragma once
#include "machine.h"

void machine_disk_loss(struct machine *machine);
void machine_disk_free(struct machine *machine);
