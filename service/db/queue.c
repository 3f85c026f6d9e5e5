/*
 * The bounded queue in front of the connections; see queue.h for its rules.
 */
#include "db/queue.h"

bool queue_may_take(const struct queue *queue, enum lane lane)
{
    size_t others = queue->taken[LANE_QUICK] + queue->taken[LANE_SEARCH];

    if (queue->free == 0)
        return false;
    if (lane == LANE_BOOKING)
        return true;
    if (queue->up > 1 && others >= queue->up - 1)
        return false;
    return lane != LANE_SEARCH || queue->taken[LANE_SEARCH] < queue->searches;
}

void queue_take(struct queue *queue, enum lane lane)
{
    ASSERT(queue->free > 0);
    queue->free--;
    queue->taken[lane]++;
}

void queue_give(struct queue *queue, enum lane lane, bool usable)
{
    ASSERT(queue->taken[lane] > 0);
    queue->taken[lane]--;
    if (usable)
        queue->free++;
    else
        queue->up--;
}

void queue_add(struct queue *queue)
{
    queue->up++;
    queue->free++;
}

void queue_remove(struct queue *queue)
{
    ASSERT(queue->free > 0);
    queue->up--;
    queue->free--;
}

bool queue_enter(struct queue *queue, struct waiter *waiter)
{
    if (queue->waiting >= queue->most)
        return false;
    waiter->next = NULL;
    waiter->previous = queue->last;
    if (queue->last)
        queue->last->next = waiter;
    else
        queue->first = waiter;
    queue->last = waiter;
    queue->waiting++;
    return true;
}

void queue_leave(struct queue *queue, struct waiter *waiter)
{
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        queue->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    else
        queue->last = waiter->previous;
    queue->waiting--;
}

struct waiter *queue_next(const struct queue *queue)
{
    if (queue->free == 0)
        return NULL;
    for (struct waiter *waiter = queue->first; waiter; waiter = waiter->next)
        if (queue_may_take(queue, waiter->lane))
            return waiter;
    return NULL;
}
