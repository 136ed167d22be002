/* A doubly linked list whose links lie inside the items: adding and removing allocate nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* The struct of which `member` is the part that ptr points to. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define LIST_ITEM(link, type, member) CONTAINER_OF(link, type, member)
/* for each link of the list; the body must not remove it */
#define LIST_EACH(link, head) \
    for (struct list *link = (head)->next; link != (head); link = link->next)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct list { /* a head, or one item's link */
    struct list *next, *prev;
};

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_add_before(struct list *where, struct list *link)
{
    link->prev = where->prev;
    link->next = where;
    where->prev->next = link;
    where->prev = link;
}

static inline void list_add_tail(struct list *head, struct list *link)
{
    list_add_before(head, link);
}

static inline void list_add_head(struct list *head, struct list *link)
{
    list_add_before(head->next, link);
}

static inline void list_remove(
    struct list *link) /* the link may be removed again: it is then a list of its own */
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

static inline struct list *list_first(const struct list *head) /* NULL when empty */
{
    return list_empty(head) ? NULL : head->next;
}

static inline struct list *list_last(const struct list *head)
{
    return list_empty(head) ? NULL : head->prev;
}
