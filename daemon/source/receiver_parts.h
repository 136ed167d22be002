/* What the files of the receiver share. */
#pragma once
#include "source/receiver.h"

void receiver_do(struct receiver *receiver, struct receiver_action action); /* one more thing */
void receiver_do_part(struct receiver *receiver, enum receiver_act_kind kind, uint32_t part);
/* Tells what is wrong, once while it lasts, whatever words it comes in; and once that it is over. */
void receiver_tell(struct receiver *receiver, const struct err *err);
void receiver_die(struct receiver *receiver, const struct err *err);
/* Something is wrong that may pass: list soon, which shows when it is over. */
void receiver_suffer(struct receiver *receiver, const struct err *err, uint64_t now_ms);
bool receiver_is_open(const struct receiver *receiver);

struct receiver_part *receiver_part_find(struct receiver *receiver, const char *topic,
                                         int32_t partition); /* NULL: not known */
/* NULL: there are too many, and the receiver is dead. */
struct receiver_part *receiver_part_add(struct receiver *receiver, const char *topic,
                                        int32_t partition);
uint32_t receiver_part_index(const struct receiver *receiver, const struct receiver_part *part);
/* Assigns it at its next offset; takes it away from the consumer, if it is there. */
void receiver_part_put(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms);
void receiver_part_take(struct receiver *receiver, struct receiver_part *part);
/* It moves again: what was told of it is over as soon as a list says that all is well. */
void receiver_unstick(struct receiver *receiver, struct receiver_part *part, uint64_t now_ms);
void receiver_rebuild(struct receiver *receiver, uint64_t now_ms); /* close, and open anew */
